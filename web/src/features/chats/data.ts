import { useLiveQuery } from "dexie-react-hooks";
import { useEffect, useMemo, useState } from "react";
import type { ActivityRow, ChatrDatabase, Connection, ConversationRow, InviteRow, OutboxRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";
import { type Entry, entriesOf, idsOf } from "./order.ts";
import type { ListData } from "./view.ts";

export interface ChatData extends ListData {
  conversations: readonly ConversationRow[];
  entries: readonly Entry[];
  /** To which groups one is invited, the newest first. */
  invites: readonly InviteRow[];
  /** False until the first list of conversations has come from the server. */
  complete: boolean;
}

/**
 * All that lists of chats show, live: one query for each table, joined in memory, so that a thousand rows are as cheap
 * as one. Undefined until all of it was read.
 */
export function useChatData(): ChatData | undefined {
  const { db, userId } = useEngine();
  const conversations = useLiveQuery(() => db.conversations.toArray(), [db]);
  const outbox = useLiveQuery(() => outboxOf(db), [db]);
  const people = useLiveQuery(() => byKey(db.people.toArray(), (row) => row.id), [db]);
  const presence = useLiveQuery(() => byKey(db.presence.toArray(), (row) => row.userId), [db]);
  const activity = useLiveQuery(() => activityOf(db), [db]);
  const drafts = useLiveQuery(() => draftsOf(db), [db]);
  const invites = useLiveQuery(() => invitesOf(db), [db]);
  const meta = useLiveQuery(() => metaOf(db), [db]);
  const now = useNow(activity?.until);
  const entries = useMemo(() => conversations && outbox && entriesOf(conversations, outbox), [conversations, outbox]);
  return useMemo(() => {
    if (!(conversations && entries && people && presence && activity && drafts && invites && meta)) return undefined;
    const rows = { conversations, entries, people, presence, activity: activity.rows, drafts, invites };
    return { me: userId, ...rows, now, ...meta };
  }, [userId, conversations, entries, people, presence, activity, drafts, invites, meta, now]);
}

/** The ids of the Chats tab in its order: Alt+Up and Alt+Down go along them. */
export async function orderedConversationIds(db: ChatrDatabase): Promise<string[]> {
  return db.transaction("r", [db.conversations, db.outbox], async () => {
    const [conversations, outbox] = await Promise.all([db.conversations.toArray(), outboxOf(db)]);
    return idsOf(entriesOf(conversations, outbox));
  });
}

function outboxOf(db: ChatrDatabase): Promise<OutboxRow[]> {
  return db.outbox.orderBy("order").toArray();
}

async function byKey<T>(rows: Promise<T[]>, key: (row: T) => string): Promise<ReadonlyMap<string, T>> {
  return new Map((await rows).map((row) => [key(row), row]));
}

async function activityOf(db: ChatrDatabase) {
  const rows = new Map<string, ActivityRow[]>();
  let until: number | undefined;
  for (const row of await db.activity.toArray()) {
    rows.set(row.conversationId, [...(rows.get(row.conversationId) ?? []), row]);
    until = Math.min(until ?? row.until, row.until);
  }
  return { rows, until };
}

async function draftsOf(db: ChatrDatabase): Promise<ReadonlyMap<string, string>> {
  return new Map((await db.drafts.toArray()).map((row) => [row.target, row.text]));
}

async function invitesOf(db: ChatrDatabase): Promise<InviteRow[]> {
  const rows = await db.invites.toArray();
  return rows.sort((one, other) => Date.parse(other.invitedAt) - Date.parse(one.invitedAt));
}

async function metaOf(db: ChatrDatabase): Promise<{ connected: boolean; complete: boolean }> {
  const [connection, cursor] = await db.meta.bulkGet(["connection", "cursor"]);
  return { connected: isOnline(connection?.value), complete: cursor !== undefined };
}

function isOnline(value: unknown): boolean {
  return (value as Connection | undefined)?.state === "online";
}

const minute = 60_000;

/** The time, anew each minute and when something ends. */
function useNow(end?: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const next = minute - (now % minute);
    const wait = end === undefined || end <= now ? next : Math.min(next, end - now);
    const timer = setTimeout(() => setNow(Date.now()), Math.max(50, wait));
    return () => clearTimeout(timer);
  }, [now, end]);
  return now;
}
