import { type RefObject, useLayoutEffect, useRef } from "react";

/** More than this many rows that change places at once do so without motion. */
const most = 12;

/** Rows that change places glide to their new ones. */
export function useReordering(scroller: RefObject<HTMLElement | null>, keys: readonly string[]): void {
  const before = useRef<readonly string[]>(keys);
  useLayoutEffect(() => {
    const former = before.current;
    before.current = keys;
    const duration = former === keys || scroller.current === null ? 0 : glideMs(scroller.current);
    if (scroller.current === null || duration === 0) return;
    const rows = [...scroller.current.querySelectorAll<HTMLElement>("[data-row]")];
    const moved = movesOf(rows, former, keys);
    if (moved.length > most) return;
    for (const { row, by } of moved) {
      const from = `translateY(${by * row.offsetHeight}px)`;
      row.animate([{ transform: from }, { transform: "none" }], { duration, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" });
    }
  }, [scroller, keys]);
}

/** By the tokens, which know of reduced motion. */
function glideMs(element: HTMLElement): number {
  return Number.parseFloat(getComputedStyle(element).getPropertyValue("--dur-3")) || 0;
}

function movesOf(rows: HTMLElement[], former: readonly string[], keys: readonly string[]) {
  const places = new Map(former.map((key, index) => [key, index]));
  const moves: { row: HTMLElement; by: number }[] = [];
  for (const row of rows) {
    const key = row.dataset.row ?? "";
    const place = places.get(key);
    const by = place === undefined ? 0 : place - keys.indexOf(key);
    if (by !== 0) moves.push({ row, by });
  }
  return moves;
}
