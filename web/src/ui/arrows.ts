import type { KeyboardEvent } from "react";

/** Where a key goes from one of several side by side, round at the ends; undefined: it is no such key. */
export function arrowTo({ key, currentTarget }: KeyboardEvent, at: number, length: number): number | undefined {
  const forward = getComputedStyle(currentTarget).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
  switch (key) {
    case "ArrowLeft":
    case "ArrowRight":
      return (at + (key === forward ? 1 : -1) + length) % length;
    case "Home":
      return 0;
    case "End":
      return length - 1;
    default:
      return undefined;
  }
}
