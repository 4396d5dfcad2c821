import type { Message } from "../../api/types.ts";
import type { OutgoingFile } from "../../db/schema.ts";
import { frameOf } from "./shownSize.ts";

interface FileSpaceProps {
  type: Message["type"];
  file: Pick<OutgoingFile, "width" | "height">;
  album: boolean;
}

export function isPictureType(type: string): boolean {
  return /^(?:image|video)\b/.test(type);
}

/** The room of a file until that is here which shows it: a moment, and only for the first. */
export function FileSpace({ type, file, album }: FileSpaceProps) {
  if (!isPictureType(type)) return <div className="bubble__space" />;
  const square = { width: 340, height: 340 };
  return <div className="bubble__space" style={frameOf(album ? square : file)} />;
}
