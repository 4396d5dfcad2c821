import type { Conversation, Events, Message } from "../../api/types.ts";

/** What is known of the conversation that one pane's person has with another's. */
export interface Talk {
  other: string;
  conversationId: string | undefined;
  /** Ascending. */
  messages: readonly Message[];
  marks: Pick<Conversation, "otherReadSeq" | "otherDeliveredSeq">;
  typing: boolean;
  /** Grows when something came by that may belong to it, while it has no conversation yet. */
  hints: number;
}

/** Messages that are kept. */
export const TALK_LENGTH = 50;

/** What came by: an event, or the answer to a call, whose topic is empty. */
export interface Passed {
  topic: string;
  payload: unknown;
}

export function talkWith(other: string): Talk {
  return { other, conversationId: undefined, messages: [], marks: {}, typing: false, hints: 0 };
}

/** The conversation from its history. */
export function opened(talk: Talk, messages: readonly Message[]): Talk {
  const conversationId = messages[0]?.conversationId ?? talk.conversationId;
  return { ...talk, conversationId, messages: merged([], messages) };
}

/** The conversation after something has passed; what is of others leaves it as it is. */
export function passed(talk: Talk, { topic, payload }: Passed): Talk {
  const known = conversationIn(payload, talk.other);
  const next = known === undefined ? talk : { ...talk, conversationId: known.id, marks: grown(talk.marks, known) };
  if (next.conversationId !== undefined) return withSignals(withMessages(next, messagesIn(payload)), topic, payload);
  // Pages of messages are what somebody asked for; what is new may be the first of this conversation.
  const isNew = topic === "chatr.message.received" || (isRecord(payload) && isMessage(payload));
  return isNew ? { ...next, hints: next.hints + 1 } : next;
}

function withMessages(talk: Talk, found: readonly Message[]): Talk {
  const ours = found.filter((message) => message.conversationId === talk.conversationId);
  if (ours.length === 0) return talk;
  // What was written before, as a page of it, says nothing of who types now.
  const newest = talk.messages.at(-1)?.seq ?? 0;
  const typing = talk.typing && !ours.some(({ sender, seq }) => sender.id === talk.other && seq > newest);
  return { ...talk, typing, messages: merged(talk.messages, ours) };
}

function withSignals(talk: Talk, topic: string, payload: unknown): Talk {
  if (!isRecord(payload) || payload.conversationId !== talk.conversationId) return talk;
  switch (topic) {
    case "chatr.message.unsent": {
      const { messageId } = payload as unknown as Events[typeof topic];
      return changed(talk, messageId, { unsent: true, content: "", reactions: [] });
    }
    case "chatr.message.reaction": {
      const { messageId, reactions } = payload as unknown as Events[typeof topic];
      return changed(talk, messageId, { reactions });
    }
    case "chatr.message.status": {
      const { userId, readSeq, deliveredSeq } = payload as unknown as Events[typeof topic];
      const marks = { otherReadSeq: readSeq, otherDeliveredSeq: deliveredSeq };
      return userId === talk.other ? { ...talk, marks: grown(talk.marks, marks) } : talk;
    }
    case "chatr.activity.typing": {
      const { userId, active } = payload as unknown as Events[typeof topic];
      return userId === talk.other ? { ...talk, typing: active } : talk;
    }
    default:
      return talk;
  }
}

function changed(talk: Talk, id: string, change: Partial<Message>): Talk {
  return { ...talk, messages: talk.messages.map((each) => (each.id === id ? { ...each, ...change } : each)) };
}

/** Those that are there with what is newer of them, the newest at the end. */
function merged(before: readonly Message[], found: readonly Message[]): readonly Message[] {
  const all = new Map(before.map((message) => [message.id, message]));
  for (const message of found) all.set(message.id, { ...all.get(message.id), ...message });
  return [...all.values()].sort((a, b) => a.seq - b.seq).slice(-TALK_LENGTH);
}

function grown(marks: Talk["marks"], found: Talk["marks"]): Talk["marks"] {
  const most = (name: keyof Talk["marks"]) => Math.max(marks[name] ?? 0, found[name] ?? 0);
  return { otherReadSeq: most("otherReadSeq"), otherDeliveredSeq: most("otherDeliveredSeq") };
}

function messagesIn(payload: unknown): Message[] {
  if (Array.isArray(payload)) return payload.flatMap(messagesIn);
  if (!isRecord(payload)) return [];
  if (isMessage(payload)) return [payload];
  return Object.values(payload).flatMap(messagesIn);
}

function conversationIn(payload: unknown, other: string): Conversation | undefined {
  if (!isRecord(payload) && !Array.isArray(payload)) return undefined;
  if (isRecord(payload) && isConversation(payload)) return payload.other?.id === other ? payload : undefined;
  for (const each of Object.values(payload)) {
    const found = conversationIn(each, other);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isMessage(value: object): value is Message {
  return "seq" in value && "content" in value && "sender" in value && "conversationId" in value;
}

function isConversation(value: object): value is Conversation {
  return "headSeq" in value && "other" in value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
