import { createContext, useContext } from "react";
import type { Conversation, Message } from "../../api/types.ts";
import type { Mention } from "../../ui/mentions.ts";

/** What one does with a message. The same object as long as a conversation is open. */
export interface Acts {
  reply(message: Message): void;
  edit(message: Message): void;
  react(message: Message, emoji: string): void;
  unsend(message: Message): void;
  copy(message: Message): void;
  /** Show, play or save its file: as a click on it does. */
  open(message: Message): void;
  download(message: Message): void;
  details(message: Message): void;
  /** The menu of a message, at an element or at a point. */
  menu(message: Message, at: DOMRect): void;
  /** The choice of a reaction. */
  pick(message: Message, at: DOMRect): void;
  /** Go to the message that another one quotes. */
  showQuoted(message: Message): void;
  /** The card of somebody who is mentioned. */
  person(userId: string, at: HTMLElement): void;
  retry(clientId: string): void;
  discard(clientId: string): void;
}

/** What bubbles know of their conversation. */
export interface View {
  me: string;
  /** The reader's name, where it is nobody else's here. */
  ownName: string | undefined;
  /** Who may be mentioned. */
  mentions: readonly Mention[];
  kind: Conversation["kind"];
  /** It is no request that waits for the reader: links are links, pictures are loaded. */
  trusted: boolean;
  canReact: boolean;
  canReply: boolean;
  /** They may take back what others wrote: as an owner or admin of a group. */
  canUnsendAll: boolean;
}

export type Marks = Pick<Conversation, "otherReadSeq" | "otherDeliveredSeq">;

export const ActsContext = createContext<Acts | null>(null);
export const ViewContext = createContext<View | null>(null);
/** Apart from the view: it changes with each receipt, and only one's own bubbles look at it. */
export const MarksContext = createContext<Marks>({});

export function useActs(): Acts {
  const acts = useContext(ActsContext);
  if (acts === null) throw new Error("no ActsContext");
  return acts;
}

export function useView(): View {
  const view = useContext(ViewContext);
  if (view === null) throw new Error("no ViewContext");
  return view;
}
