import type { ConversationRow, OutboxRow } from "../../db/schema.ts";

export type ChatTab = "chats" | "requests" | "archived";

/** In which part of the list a conversation stands: requests wait in one of their own, archived or not. */
export function tabOf(conversation: Pick<ConversationRow, "request" | "archived">): ChatTab {
  if (conversation.request === 1) return "requests";
  return conversation.archived ? "archived" : "chats";
}

/** Where what is written to a conversation is kept until it is sent. */
export function targetOf(conversationId: string): string {
  return `conversation:${conversationId}`;
}

/** A line of the list: a conversation, or a person who was written to and has not been reached yet. */
export interface Entry {
  /** The id of the conversation; `person:<id>` where there is none. */
  key: string;
  conversation?: ConversationRow;
  personId?: string;
  pinned: boolean;
  /** What of one's own is not acknowledged yet, oldest first. */
  waiting: readonly OutboxRow[];
  /** When something was last said (milliseconds since 1970), by the others or from here. */
  when: number;
}

const none: readonly OutboxRow[] = [];

/** Every line that there is, in the order of the list. */
export function entriesOf(conversations: readonly ConversationRow[], outbox: readonly OutboxRow[]): Entry[] {
  const waiting = byTarget(outbox);
  const entries: Entry[] = [];
  for (const conversation of conversations) {
    const own = waiting.get(targetOf(conversation.id)) ?? none;
    const said = conversation.lastMessage?.createdAt ?? conversation.updatedAt;
    const when = latest(own, Date.parse(said));
    entries.push({ key: conversation.id, conversation, pinned: conversation.pinned === true, waiting: own, when });
  }
  return [...entries, ...unreached(conversations, waiting)].sort(byActivity);
}

/** The ids of the Chats tab as they stand there, for going to the next one and the one before. */
export function idsOf(entries: readonly Entry[]): string[] {
  const ids: string[] = [];
  for (const { conversation } of entries) {
    if (conversation !== undefined && tabOf(conversation) === "chats") ids.push(conversation.id);
  }
  return ids;
}

function unreached(conversations: readonly ConversationRow[], waiting: Map<string, OutboxRow[]>): Entry[] {
  const reached = new Set(conversations.map((each) => each.other?.id));
  const entries: Entry[] = [];
  for (const [target, own] of waiting) {
    const personId = target.startsWith("person:") ? target.slice("person:".length) : undefined;
    if (personId === undefined || reached.has(personId)) continue;
    entries.push({ key: target, personId, pinned: false, waiting: own, when: latest(own, 0) });
  }
  return entries;
}

function byTarget(outbox: readonly OutboxRow[]): Map<string, OutboxRow[]> {
  const targets = new Map<string, OutboxRow[]>();
  for (const row of outbox) {
    const own = targets.get(row.target);
    if (own === undefined) targets.set(row.target, [row]);
    else own.push(row);
  }
  return targets;
}

function latest(waiting: readonly OutboxRow[], when: number): number {
  return waiting.reduce((last, row) => Math.max(last, Date.parse(row.createdAt)), when);
}

/** Pinned first, then what was active last; equal times by key, so that nothing changes places by itself. */
function byActivity(one: Entry, other: Entry): number {
  if (one.pinned !== other.pinned) return one.pinned ? -1 : 1;
  if (one.when !== other.when) return other.when - one.when;
  return one.key < other.key ? -1 : 1;
}
