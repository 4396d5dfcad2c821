import type { Message } from "../api/types.ts";
import type { ConversationRow, PersonRow } from "../db/schema.ts";

/** Whether a conversation may ask for attention: neither muted nor archived, and no request. */
export function mayCall(row: ConversationRow, now: number): boolean {
  const muted = row.mutedUntil !== undefined && Date.parse(row.mutedUntil) > now;
  return !muted && !row.archived && !isRequest(row);
}

function isRequest(row: ConversationRow): boolean {
  return row.request === 1;
}

/** Unread messages of all conversations that may call. */
export function unreadOf(rows: readonly ConversationRow[], now: number): number {
  return rows.reduce((sum, row) => sum + (mayCall(row, now) ? row.unreadCount : 0), 0);
}

/** Friend requests that wait for an answer of `me`. */
export function waitingOf(people: readonly PersonRow[], me: string): number {
  return people.filter(({ friendship }) => friendship?.status === "pending" && friendship.addresseeId === me).length;
}

/** The title of the page: what is unread stands first, where a narrow tab shows it. */
export function titleOf(unread: number): string {
  return unread > 0 ? `(${unread > 99 ? "99+" : unread}) Chatr` : "Chatr";
}

/** Up to where the last message of each conversation is known, to see what is new. */
export type Heads = ReadonlyMap<string, number>;

export function headsOf(rows: readonly ConversationRow[]): Heads {
  return new Map(rows.map((row) => [row.id, row.lastMessage?.seq ?? 0]));
}

export interface News {
  row: ConversationRow;
  message: Message;
}

/** What of others came since, and may call. Conversations that were not known are new, too. */
export function newsOf(before: Heads, rows: readonly ConversationRow[], me: string, now: number): News[] {
  return rows.flatMap((row) => {
    const message = row.lastMessage;
    if (message === undefined || message.seq <= (before.get(row.id) ?? 0)) return [];
    if (message.sender.id === me || message.type === "system" || row.unreadCount === 0) return [];
    return mayCall(row, now) ? [{ row, message }] : [];
  });
}
