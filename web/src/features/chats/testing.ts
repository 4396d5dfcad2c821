import type { Message, User } from "../../api/types.ts";
import type { ConversationRow, OutboxRow } from "../../db/schema.ts";

/** For tests: whole rows of which only some parts matter. */
export function user(id: string, more: Partial<User> = {}): User {
  return { id, username: `@${id}`, displayName: id, revision: 1, ...more };
}

export function message(more: Partial<Message> = {}): Message {
  const sender = { id: "ada", username: "@ada", displayName: "Ada Okafor" };
  return {
    id: "m1",
    conversationId: "c1",
    seq: 5,
    sender,
    type: "text",
    content: "hello",
    createdAt: "2026-11-26T10:00:00Z",
    ...more,
  };
}

export function conversation(id: string, more: Partial<ConversationRow> = {}): ConversationRow {
  return {
    id,
    kind: "direct",
    status: "accepted",
    headSeq: 5,
    readSeq: 5,
    deliveredSeq: 5,
    unreadCount: 0,
    revision: 1,
    updatedAt: "2026-11-26T10:00:00Z",
    logSeq: 5,
    viewSeq: 5,
    request: 0,
    ...more,
  };
}

export function waiting(target: string, more: Partial<OutboxRow> = {}): OutboxRow {
  const createdAt = "2026-11-26T11:00:00Z";
  return { clientId: `${target} ${createdAt}`, target, content: "later", createdAt, state: "waiting", ...more };
}
