import type { ChatrDatabase, ConversationRow } from "../../db/schema.ts";
import { within } from "../../engine/store.ts";

/** What is kept of one conversation. */
export interface KeptChat {
  conversation: ConversationRow;
  messages: number;
}

/** What is kept on this device. */
export interface Kept {
  messages: number;
  chats: number;
  people: number;
  /** The conversations with the most messages. */
  most: readonly KeptChat[];
}

const MOST = 5;

export function keptIn(db: ChatrDatabase): Promise<Kept> {
  return db.transaction("r", [db.conversations, db.messages, db.people], async () => {
    const [conversations, messages, people] = await Promise.all([
      db.conversations.toArray(),
      db.messages.count(),
      db.people.count(),
    ]);
    const counts = await Promise.all(conversations.map(({ id }) => messagesOf(db, id)));
    const chats = conversations.map((conversation, index) => ({ conversation, messages: counts[index] ?? 0 }));
    const most = chats.filter((chat) => chat.messages > 0).sort((one, other) => other.messages - one.messages);
    return { messages, chats: conversations.length, people, most: most.slice(0, MOST) };
  });
}

function messagesOf(db: ChatrDatabase, conversationId: string): Promise<number> {
  return db.messages
    .where("[conversationId+seq]")
    .between(...within(conversationId))
    .count();
}

/** Forget the messages: they are fetched again where somebody looks. Lists, drafts and what waits to be sent stay. */
export function clearMessages(db: ChatrDatabase): Promise<void> {
  return db.transaction("rw", [db.messages, db.stretches], async () => {
    await Promise.all([db.messages.clear(), db.stretches.clear()]);
  });
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** A size as people read it: 184 MB, 2.1 GB. */
export function sizeText(bytes: number, locale: string): string {
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const maximumFractionDigits = size < 9.95 && unit > 1 ? 1 : 0;
  return new Intl.NumberFormat(locale, { style: "unit", unit: UNITS[unit], maximumFractionDigits }).format(size);
}
