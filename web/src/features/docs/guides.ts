import type { Block } from "./rst.ts";

/** A text of docs/, or README.rst. */
export interface Guide {
  /** Its file below docs/ without the ending, as `architecture/doors`; `start` is the README. */
  id: string;
  title: string;
  blocks: Block[];
}

/** The pages about how chatr is made, which stand apart from those about how it is used. */
export function isInside({ id }: Pick<Guide, "id">): boolean {
  return id.startsWith("architecture");
}
