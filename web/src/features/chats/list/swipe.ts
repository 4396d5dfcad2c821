/** How far a row has to be drawn for its act, in CSS pixels. */
export const enough = 72;
/** Before this it is a tap, or the list scrolls. */
const slop = 12;

export type Side = "start" | "end";

/** Whether a finger that has moved by this draws the row aside, and does not scroll the list. */
export function draws(dx: number, dy: number): boolean {
  return Math.abs(dx) > slop && Math.abs(dx) > 1.5 * Math.abs(dy);
}

/** Where a row goes that is drawn by `dx`: beyond what its act needs it follows less and less. */
export function drawn(dx: number): number {
  const over = Math.abs(dx) - enough;
  return over <= 0 ? dx : Math.sign(dx) * (enough + over / 4);
}

/** Which side of the row has been drawn in far enough; the left is the start but from right to left. */
export function sideOf(dx: number, rightToLeft: boolean): Side | undefined {
  if (Math.abs(dx) < enough) return undefined;
  return dx > 0 === rightToLeft ? "end" : "start";
}
