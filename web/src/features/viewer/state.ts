import { create } from "zustand";
import type { File, Message } from "../../api/types.ts";

/** A message with a picture or a video. */
export type Picture = Message & { file: File };

/** Where the pictures beside one come from, in order. */
export interface Source {
  /** Those about a message that are here, with itself. */
  begin(at: Picture): Promise<readonly Picture[]>;
  /** More at one end; none: there are no more. */
  more(edge: "older" | "newer"): Promise<readonly Picture[]>;
}

export interface Viewed {
  at: Picture;
  source: Source;
}

/** What is shown large, above everything. */
export const useViewed = create<{ viewed: Viewed | undefined }>(() => ({ viewed: undefined }));

export function view(viewed: Viewed | undefined): void {
  useViewed.setState({ viewed });
}
