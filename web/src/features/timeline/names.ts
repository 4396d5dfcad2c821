import type { Message } from "../../api/types.ts";
import { t } from "../../text/index.ts";
import { plainText } from "../../ui/plain-text.ts";

/** A message in one line: its text without marks, or what it is. */
export function lineOf(message: Pick<Message, "type" | "content">): string {
  switch (message.type) {
    case "text":
    case "system":
      return plainText(message.content);
    case "image":
      return message.content === "" ? t.conversation.photo : plainText(message.content);
    case "video":
      return message.content === "" ? t.conversation.video : plainText(message.content);
    case "audio":
      return t.conversation.voiceNote;
    case "file":
      return message.content === "" ? t.conversation.file : message.content;
  }
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
