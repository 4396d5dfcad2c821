import { useLiveQuery } from "dexie-react-hooks";
import { type RefObject, useEffect, useEffectEvent, useRef } from "react";
import { useLocation } from "wouter";
import type { Connection, ConversationRow, MetaRow } from "../db/schema.ts";
import { useEngine } from "../session/session.ts";
import { useNow } from "../ui/useNow.ts";
import { type Heads, headsOf, type News, newsOf, titleOf, unreadOf, waitingOf } from "./attention.ts";
import { announce } from "./notify.ts";
import { placeOf } from "./places.ts";

export interface Waiting {
  /** Unread messages. */
  unread: number;
  /** Friend requests. */
  requests: number;
}

/** Counts what waits, shows it in the title and the icon of the tab, and tells of what is new. */
export function useAttention(): Waiting {
  const { db, userId } = useEngine();
  const now = useNow();
  const rows = useLiveQuery(() => db.conversations.toArray(), [db]);
  const pending = useLiveQuery(() => db.people.where("friendship.status").equals("pending").toArray(), [db]);
  const unread = unreadOf(rows ?? [], now);
  useEffect(() => showUnread(unread), [unread]);
  useNews(rows, userId);
  return { unread, requests: waitingOf(pending ?? [], userId) };
}

function showUnread(unread: number): void {
  document.title = titleOf(unread);
  document.querySelector('link[rel="icon"]')?.setAttribute("href", unread > 0 ? "/mark-unread.svg" : "/mark.svg");
}

/** Another tab or device may be reading it at this moment: then there is nothing to tell. */
const READING_MS = 1200;

function useNews(rows: ConversationRow[] | undefined, userId: string): void {
  const { db } = useEngine();
  const synced = useLiveQuery(async () => isSynced(await db.meta.get("connection")), [db]) ?? false;
  const [path, navigate] = useLocation();
  const heads = useRef<Heads>(undefined);
  const tell = useEffectEvent(async ({ row, message }: News) => {
    const place = placeOf(path);
    const open = place.area === "chats" && place.conversationId === row.id;
    if (open && document.visibilityState === "visible") return;
    await new Promise((done) => setTimeout(done, READING_MS));
    const later = await db.conversations.get(row.id);
    if (later === undefined || later.readSeq >= message.seq) return;
    await announce({ row, message }, (id) => navigate(`/c/${id}`));
  });
  const bell = useBell(userId);
  useEffect(() => {
    if (rows === undefined) return;
    const before = heads.current;
    heads.current = headsOf(rows);
    // What was missed while nobody was connected is counted, not told one by one.
    if (before === undefined || !synced || !bell.current) return;
    for (const news of newsOf(before, rows, userId, Date.now())) void tell(news);
  }, [rows, synced, userId, bell]);
}

/** Of several tabs of one person only one tells: the one that holds the lock. */
function useBell(userId: string): RefObject<boolean> {
  const mine = useRef(false);
  useEffect(() => {
    const abort = new AbortController();
    let release = () => {};
    const hold = () => {
      mine.current = true;
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    };
    navigator.locks.request(`chatr:bell:${userId}`, { signal: abort.signal }, hold).catch(() => undefined);
    return () => {
      mine.current = false;
      abort.abort();
      release();
    };
  }, [userId]);
  return mine;
}

function isSynced(row: MetaRow | undefined): boolean {
  return (row?.value as Connection | undefined)?.synced ?? false;
}
