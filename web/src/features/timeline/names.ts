import type { File, Message } from "../../api/types.ts";
import type { OutboxRow } from "../../db/schema.ts";
import { lengthText } from "../../media/length.ts";
import { t } from "../../text/index.ts";
import { plainText } from "../../ui/plain-text.ts";
import type { Album } from "./albums.ts";

/** A message, or what is quoted of one. */
interface Said extends Pick<Message, "type" | "content"> {
  file?: Pick<File, "name" | "duration">;
  duration?: number;
  fileName?: string;
}

/** A message in one line: its text without marks, or what it is. */
export function lineOf({ type, content, file, duration = file?.duration, fileName = file?.name }: Said): string {
  if (content !== "") return plainText(content);
  switch (type) {
    case "image":
      return t.conversation.photo;
    case "video":
      return t.conversation.video;
    case "audio":
      return duration === undefined ? t.conversation.voiceNote : t.conversation.voiceNoteOf(lengthText(duration));
    case "file":
      return fileName ?? t.conversation.file;
    default:
      return "";
  }
}

/** One that waits to be sent. */
export function lineOfSend({ content, file }: Pick<OutboxRow, "content" | "file">): string {
  const [kind] = file?.mimeType.split("/") ?? [];
  const type = file === undefined ? "text" : kind === "image" || kind === "video" || kind === "audio" ? kind : "file";
  return lineOf({ type, content, file });
}

export function albumLine({ messages, waiting }: Album): string {
  const caption = messages.find(({ content }) => content !== "")?.content ?? "";
  const count = t.conversation.photos(messages.length + waiting.length);
  return caption === "" ? count : `${count}, ${plainText(caption)}`;
}

/** The name of a sender, or *You*. */
export function nameOf(message: Pick<Message, "sender">, me: string): string {
  return message.sender.id === me ? t.common.you : message.sender.displayName;
}

const RTL = /^[^\p{L}]*[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/u;

/** The direction of a text: that of its first letter. Times and ticks stand at its end. */
export function directionOf(text: string): "ltr" | "rtl" {
  return RTL.test(text.slice(0, 200)) ? "rtl" : "ltr";
}
