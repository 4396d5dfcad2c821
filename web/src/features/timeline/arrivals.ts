import type { Row } from "./rows.ts";

/** So long after it has come a row is new: then it is there as the others are, also when it is scrolled to again. */
const FRESH_MS = 300;

/** Which rows have just come, at the end, while somebody looked there. */
export class Arrivals {
  readonly #fresh = new Map<string, number>();
  #last: string | undefined;
  #begun = false;

  note(rows: readonly Row[], atLatest: boolean): void {
    const now = performance.now();
    if (this.#begun && atLatest) {
      for (let index = rows.length - 1; index >= 0; index -= 1) {
        const key = rows[index]?.key;
        if (key === undefined || key === this.#last || rows.length - index > 5) break;
        this.#fresh.set(key, now);
      }
    }
    this.#begun = true;
    this.#last = rows.at(-1)?.key;
    for (const [key, at] of this.#fresh) if (now - at > FRESH_MS) this.#fresh.delete(key);
  }

  readonly isFresh = (key: string): boolean => performance.now() - (this.#fresh.get(key) ?? -Infinity) < FRESH_MS;
}
