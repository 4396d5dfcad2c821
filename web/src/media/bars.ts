/**
 * A waveform of so many values, each the mean of those that it stands for, from 0 to 1. Of none it is flat: what nobody
 * knows looks like silence, and not like an error.
 */
export function barsOf(waveform: readonly number[] | undefined, count: number): number[] {
  const values = waveform ?? [];
  return Array.from({ length: count }, (_, index) => {
    const from = (index * values.length) / count;
    const to = ((index + 1) * values.length) / count;
    return mean(values, from, to);
  });
}

/** The mean of a stretch that may begin and end within a value. */
function mean(values: readonly number[], from: number, to: number): number {
  let sum = 0;
  for (let at = Math.floor(from); at < to; at += 1) {
    const part = Math.min(at + 1, to) - Math.max(at, from);
    sum += part * clamped(values[at]);
  }
  return to > from ? sum / (to - from) : 0;
}

function clamped(value: number | undefined): number {
  return value !== undefined && value > 0 ? Math.min(1, value) : 0;
}
