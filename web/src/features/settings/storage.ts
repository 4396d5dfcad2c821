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

/** What waits on this device to be sent. */
export async function waitingIn(db: ChatrDatabase): Promise<{ count: number; bytes: number }> {
  const files = (await db.outbox.toArray()).flatMap(({ file }) => file ?? []);
  return { count: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
}
