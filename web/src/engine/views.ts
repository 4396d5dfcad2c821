import type { Conversation, Message, User } from "../api/types.ts";
import type { ConversationRow, PersonRow } from "../db/schema.ts";
import { wear } from "./fold.ts";

const MOST_UNREAD = 999;

/** Up to where all others have come. */
export type Reached = Pick<Conversation, "otherDeliveredSeq" | "otherReadSeq">;

/** What goes into a conversation's row. */
export interface Known {
  /** The row that is here, if there is one. */
  row: ConversationRow | undefined;
  /** Whether anything of its log is here. */
  hasLog: boolean;
  /** The other person as they are known; in a direct conversation. */
  other: User | undefined;
}

/**
 * The row of a conversation after a view of it came, in whatever order they come.
 *
 * `told`: what is shown of the other's watermarks is as this view says, and may go back, as when receipts were switched
 * off. Otherwise they only grow.
 */
export function rowOf(view: Conversation, known: Known, me: string, told = false): ConversationRow {
  const { row, other } = known;
  if (row !== undefined && view.revision < row.revision) return grown(row, view);
  const next: ConversationRow = {
    ...view,
    request: view.status === "pending" && view.initiatorId !== me && view.kind === "direct" ? 1 : 0,
    logSeq: row?.logSeq ?? view.headSeq,
    viewSeq: view.headSeq,
  };
  if (other !== undefined) next.other = other;
  if (row !== undefined) keep(next, row, told);
  if (!known.hasLog) next.logSeq = Math.max(next.logSeq, next.headSeq);
  if (next.kind === "group") reach(next, reachedBy(view.lastMessage, me));
  const last = next.lastMessage;
  // What comes after a request was declined is a new one.
  if (last !== undefined && last.seq > view.headSeq) delete next.declinedAt;
  if (last !== undefined && last.seq <= (next.clearedSeq ?? 0)) delete next.lastMessage;
  if (read(next) >= next.headSeq) setUnread(next, 0);
  return next;
}

/** Of an older view only the own watermarks count. */
function grown(row: ConversationRow, view: Conversation): ConversationRow {
  return {
    ...row,
    headSeq: Math.max(row.headSeq, view.headSeq),
    readSeq: Math.max(row.readSeq, view.readSeq),
    deliveredSeq: Math.max(row.deliveredSeq, view.deliveredSeq),
  };
}

/** What a view does not take away from the row that was here. */
function keep(next: ConversationRow, row: ConversationRow, told: boolean): void {
  if (next.headSeq < Math.max(row.viewSeq, row.logSeq)) {
    // It was older than what is known of the log.
    next.viewSeq = row.viewSeq;
    next.updatedAt = row.updatedAt;
    next.lastMessage = row.lastMessage;
    setUnread(next, row.unreadCount, row.unreadCapped);
    setMentions(next, row.mentionCount ?? 0, row.firstMentionSeq);
    if (next.kind === "group") keepGroup(next, row);
  }
  if (row.pendingRead !== undefined) next.pendingRead = row.pendingRead;
  next.headSeq = Math.max(next.headSeq, row.headSeq);
  next.readSeq = Math.max(next.readSeq, row.readSeq);
  next.deliveredSeq = Math.max(next.deliveredSeq, row.deliveredSeq);
  if (told && next.kind === "direct") return;
  for (const mark of ["otherReadSeq", "otherDeliveredSeq"] as const) {
    const before = row[mark];
    if (before !== undefined) next[mark] = Math.max(next[mark] ?? 0, before);
  }
}

/** What entries of its log have said of a group. */
function keepGroup(next: ConversationRow, row: ConversationRow): void {
  const { title, memberCount, role } = row;
  Object.assign(next, { title, memberCount, role });
  wear(next, row);
}

/** All others have come so far, in a group: its watermarks only grow. */
export function reach(row: ConversationRow, { otherDeliveredSeq = 0, otherReadSeq = 0 }: Reached): void {
  row.otherDeliveredSeq = Math.max(row.otherDeliveredSeq ?? 0, otherDeliveredSeq);
  row.otherReadSeq = Math.max(row.otherReadSeq ?? 0, otherReadSeq);
}

/** What the status of a message of one's own says of the others. */
function reachedBy(message: Message | undefined, me: string): Reached {
  if (message?.sender.id !== me || message.type === "system") return {};
  const { seq, status } = message;
  if (status === "read") return { otherDeliveredSeq: seq, otherReadSeq: seq };
  return status === "delivered" ? { otherDeliveredSeq: seq } : {};
}

/** Up to where nothing is unread. */
export function read(row: ConversationRow): number {
  return Math.max(row.readSeq, row.clearedSeq ?? 0);
}

/** Set how many are unread. */
export function setUnread(row: ConversationRow, count: number, capped?: boolean): void {
  row.unreadCount = Math.max(0, Math.min(count, MOST_UNREAD));
  if (capped || count > MOST_UNREAD) row.unreadCapped = true;
  else delete row.unreadCapped;
  if (row.unreadCount === 0) setMentions(row, 0);
}

/** Set how many of those that are unread call the person, and the first of them. */
export function setMentions(row: ConversationRow, count: number, firstSeq?: number): void {
  if (count > 0 && firstSeq !== undefined) {
    row.mentionCount = Math.min(count, MOST_UNREAD);
    row.firstMentionSeq = firstSeq;
  } else {
    delete row.mentionCount;
    delete row.firstMentionSeq;
  }
}

/** Whether a message calls the person: by name, or with all of a group. */
export function calls(message: Message, me: string): boolean {
  return message.mentionsAll === true || (message.mentions ?? []).includes(me);
}

/** A person as a row: with what is known of friendship and block, that views of a person don't have. */
export function personOf(user: User, known: PersonRow | undefined): PersonRow {
  const { isFriend: _isFriend, friendship: _friendship, ...view } = user as User & Record<string, unknown>;
  if (known === undefined) return view as User;
  const { friendship, friendSince, blockedByMe, blockedSince, friendshipRevision, blockRevision } = known;
  const kept = { friendship, friendSince, blockedByMe, blockedSince, friendshipRevision, blockRevision };
  return { ...(view as User), ...Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)) };
}

/** A person without what only the row has. */
export function userOf(row: PersonRow): User {
  const {
    friendship: _friendship,
    friendSince: _friendSince,
    blockedByMe: _blockedByMe,
    blockedSince: _blockedSince,
    friendshipRevision: _friendshipRevision,
    blockRevision: _blockRevision,
    ...user
  } = row;
  return user;
}
