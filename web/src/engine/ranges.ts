/** Numbers from `from` to `to`, both included. */
export interface Range {
  from: number;
  to: number;
}

/** Ranges, ascending, with one more; those that touch become one. */
export function merged(ranges: readonly Range[], more: Range): Range[] {
  const found: Range[] = [];
  for (const range of [...ranges, more].sort((one, other) => one.from - other.from)) {
    const last = found.at(-1);
    if (last !== undefined && range.from <= last.to + 1) last.to = Math.max(last.to, range.to);
    else found.push({ ...range });
  }
  return found;
}
