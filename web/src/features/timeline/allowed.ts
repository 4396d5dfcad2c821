import type { Message } from "../../api/types.ts";
import type { View } from "./context.ts";

export interface Allowed {
  react: boolean;
  reply: boolean;
  copy: boolean;
  /** Its file may be had. */
  open: boolean;
  edit: boolean;
  unsend: boolean;
  details: boolean;
}

const nothing: Allowed = {
  react: false,
  reply: false,
  copy: false,
  open: false,
  edit: false,
  unsend: false,
  details: false,
};

/** What a reader may do with a message. What is not allowed is not offered. */
export function allowed(
  message: Message,
  view: Pick<View, "me" | "trusted" | "canReact" | "canReply" | "canUnsendAll">,
): Allowed {
  if (message.unsent === true || message.type === "system") return nothing;
  const mine = message.sender.id === view.me;
  return {
    react: view.canReact,
    reply: view.canReply,
    copy: message.content !== "",
    open: view.trusted && message.file !== undefined,
    edit: mine && view.canReply,
    unsend: mine || view.canUnsendAll,
    details: true,
  };
}

/** The first link of a text, for those who reach it by the menu. */
export function firstLink(text: string): string | undefined {
  return /https?:\/\/[^\s<>"')\]]+/i.exec(text)?.[0];
}
