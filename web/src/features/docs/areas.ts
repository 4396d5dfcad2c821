import { t } from "../../text/developer.ts";

const ORDER = Object.keys(t.developer.areas);

export function areaWord(area: string): string {
  return t.developer.areas[area] ?? area;
}

/** What belongs together, under the name of its area, in the order in which one meets the areas. */
export function byArea<T extends { area: string }>(all: readonly T[]): [area: string, items: T[]][] {
  const groups = new Map<string, T[]>();
  for (const each of all) groups.set(each.area, [...(groups.get(each.area) ?? []), each]);
  const place = (area: string) => (ORDER.includes(area) ? ORDER.indexOf(area) : ORDER.length);
  return [...groups].sort(([a], [b]) => place(a) - place(b));
}
