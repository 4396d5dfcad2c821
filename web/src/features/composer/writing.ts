import type { Conversation, User } from "../../api/types.ts";
import type { ConversationRow, OutboxRow, PersonRow } from "../../db/schema.ts";

/** Messages that one may send before a request is accepted; the server's number unless its operator changed it. */
export const REQUEST_MESSAGES = 5;
const ASK_AGAIN_MS = 7 * 86_400_000;

/** What stands where one writes. */
export type Writing =
  | { kind: "open" }
  /** One decides here first. */
  | { kind: "request" }
  | { kind: "blocked-by-me" }
  /** They can't be reached: blocked by them, or gone. */
  | { kind: "unreachable" }
  /** One's own request waits. */
  | { kind: "waiting"; left: number }
  | { kind: "declined"; days: number };

/** Whether the composer is there. */
export function mayWrite(writing: Writing): boolean {
  return writing.kind === "open" || (writing.kind === "waiting" && writing.left > 0);
}

/** Whether files may be sent: not before a request is accepted. */
export function mayAttach({ conversation, person }: Pick<WritingInput, "conversation" | "person">): boolean {
  if (conversation !== undefined) return conversation.status === "accepted";
  return person?.friendship?.status === "accepted";
}

interface WritingInput {
  conversation: ConversationRow | undefined;
  person: (User & Pick<PersonRow, "blockedByMe" | "friendship">) | undefined;
  outbox: readonly OutboxRow[];
  /** How many messages of one's own are there. */
  own: number;
  me: string;
  now: number;
}

export function writingOf({ conversation, person, outbox, own, me, now }: WritingInput): Writing {
  if (conversation?.blockedByMe === true || person?.blockedByMe === true) return { kind: "blocked-by-me" };
  if (conversation?.request === 1) return { kind: "request" };
  if (outbox.some((entry) => entry.state === "failed" && entry.error?.code === "blocked"))
    return { kind: "unreachable" };
  if (!isOwnRequest(conversation, me)) return { kind: "open" };
  const again = conversation.declinedAt === undefined ? now : Date.parse(conversation.declinedAt) + ASK_AGAIN_MS;
  if (again > now) return { kind: "declined", days: Math.ceil((again - now) / 86_400_000) };
  return { kind: "waiting", left: Math.max(0, REQUEST_MESSAGES - own - outbox.length) };
}

function isOwnRequest(conversation: Conversation | undefined, me: string): conversation is Conversation {
  return conversation?.status === "pending" && conversation.initiatorId === me;
}
