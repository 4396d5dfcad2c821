import type { Message } from "../../api/types.ts";
import { countsAsUnread } from "./rows.ts";

/** Where the unread line stands, as long as a conversation is open. */
export interface UnreadMark {
  /** Above the first message of others behind this seq. */
  after: number;
  /** How many waited when it was put there. */
  count: number;
  /** There were more than that. */
  capped: boolean;
}

interface Seen {
  readSeq: number;
  unreadCount: number;
  unreadCapped?: boolean;
}

/** The line of a conversation that is opened; none if nothing waits. */
export function markAtOpening(seen: Seen): UnreadMark | undefined {
  if (seen.unreadCount === 0) return undefined;
  return { after: seen.readSeq, count: seen.unreadCount, capped: seen.unreadCapped === true };
}

/**
 * The line when messages have come: where there is one it stays until the conversation is left; else one is put above
 * what comes while nobody looks.
 */
export function markAfterNews(mark: UnreadMark | undefined, seen: Seen, looking: boolean): UnreadMark | undefined {
  return mark !== undefined || looking ? mark : markAtOpening(seen);
}

/** How many stand below the line: those that waited, or more that have come since. */
export function countBelow(mark: UnreadMark, messages: readonly Message[], me: string): number {
  let count = 0;
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const message = messages[index];
    if (message === undefined || message.seq <= mark.after) break;
    if (countsAsUnread(message, me)) count += 1;
  }
  return Math.max(count, mark.count);
}
