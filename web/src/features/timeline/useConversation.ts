import Dexie from "dexie";
import { useLiveQuery } from "dexie-react-hooks";
import { useEffect, useState } from "react";
import type { Me, PresenceState } from "../../api/types.ts";
import type { ActivityRow, Connection, ConversationRow, OutboxRow, PersonRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";

export interface ConversationData {
  me: Me;
  /** Undefined: there is none with this person yet. */
  conversation: ConversationRow | undefined;
  /** The other of a direct conversation. */
  person: PersonRow | undefined;
  presence: PresenceState | undefined;
  outbox: readonly OutboxRow[];
  online: boolean;
}

/** What the database knows of a conversation, or of a person before there is one; undefined until it has been read. */
export function useConversation(conversationId?: string, personId?: string): ConversationData | undefined {
  const { db } = useEngine();
  const target = targetOf(conversationId, personId);
  const head = useLiveQuery(async () => {
    const conversation = conversationId === undefined ? undefined : await db.conversations.get(conversationId);
    const otherId = conversation?.other?.id ?? personId;
    const [me, connection, person, presence] = await Promise.all([
      db.meta.get("me"),
      db.meta.get("connection"),
      otherId === undefined ? undefined : db.people.get(otherId),
      otherId === undefined ? undefined : db.presence.get(otherId),
    ]);
    return { conversation, me: me?.value, connection: connection?.value, person, presence };
  }, [db, conversationId, personId]);
  const outbox = useLiveQuery(
    () => db.outbox.where("[target+order]").between([target, Dexie.minKey], [target, Dexie.maxKey]).toArray(),
    [db, target],
  );
  if (head === undefined || outbox === undefined || !isMe(head.me)) return undefined;
  const { conversation, me, person, presence } = head;
  const other = conversation?.other;
  return {
    me,
    conversation,
    person: person ?? (other && { ...other }),
    presence,
    outbox,
    online: isOnline(head.connection),
  };
}

/** The key of the outbox and of drafts. */
export function targetOf(conversationId: string | undefined, personId: string | undefined): string {
  return conversationId === undefined ? `person:${personId}` : `conversation:${conversationId}`;
}

function isMe(value: unknown): value is Me {
  return typeof value === "object" && value !== null && "id" in value;
}

function isOnline(value: unknown): boolean {
  const connection = value as Connection | undefined;
  return connection?.state === "online";
}

/** What the other is at, for as long as it holds: recording before typing, and a draft that shows before dots. */
export function useActivity(conversationId: string | undefined, me: string): ActivityRow | undefined {
  const { db } = useEngine();
  const rows = useLiveQuery(
    async () =>
      conversationId === undefined ? [] : await db.activity.where("conversationId").equals(conversationId).toArray(),
    [db, conversationId],
  );
  const [now, setNow] = useState(Date.now);
  const others = (rows ?? []).filter((row) => row.userId !== me && row.until > now);
  const next = Math.min(...others.map((row) => row.until));
  useEffect(() => {
    if (rows !== undefined) setNow(Date.now());
  }, [rows]);
  useEffect(() => {
    if (next === Infinity) return undefined;
    const timer = setTimeout(() => setNow(Date.now()), Math.max(50, next - Date.now()));
    return () => clearTimeout(timer);
  }, [next]);
  const by = (kind: ActivityRow["kind"]) => others.find((row) => row.kind === kind && (kind !== "draft" || row.text));
  return by("recording") ?? by("draft") ?? by("typing");
}
