import type { Message } from "../api/types.ts";
import type { ConversationRow } from "../db/schema.ts";

/** Whom a message calls; `mentionsAll`: everybody in the group. */
export type Calling = Pick<Message, "mentions" | "mentionsAll" | "sender" | "unsent">;

/** Whether a message calls somebody: by name, or with all others. */
export function calls({ mentions, mentionsAll, sender, unsent }: Calling, userId: string): boolean {
  if (unsent || sender.id === userId) return false;
  return mentionsAll === true || mentions?.includes(userId) === true;
}

/** Of these, in order, those that are unread and call the person. */
export function setMentions(row: ConversationRow, calling: readonly Message[]): void {
  const [first] = calling;
  if (first === undefined) {
    delete row.mentionCount;
    delete row.firstMentionSeq;
  } else {
    row.mentionCount = calling.length;
    row.firstMentionSeq = first.seq;
  }
}

/** One more, that is the newest. */
export function addMention(row: ConversationRow, seq: number): void {
  row.mentionCount = (row.mentionCount ?? 0) + 1;
  row.firstMentionSeq ??= seq;
}

/** As they were before a view came that is older than what is known of the log. */
export function keepMentions(next: ConversationRow, { mentionCount, firstMentionSeq }: ConversationRow): void {
  delete next.mentionCount;
  delete next.firstMentionSeq;
  if (mentionCount !== undefined) next.mentionCount = mentionCount;
  if (firstMentionSeq !== undefined) next.firstMentionSeq = firstMentionSeq;
}
