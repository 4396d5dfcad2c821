import Dexie from "dexie";
import { useLiveQuery } from "dexie-react-hooks";
import { useEffect, useMemo, useState } from "react";
import type { Me, PresenceState } from "../../api/types.ts";
import type { ActivityRow, ChatrDatabase, Connection, ConversationRow, OutboxRow, PersonRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";

export interface ConversationData {
  me: Me;
  /** The key of the outbox and of drafts: the conversation, or the person as long as there is none. */
  target: string;
  /** Undefined: there is none with this person yet. */
  conversation: ConversationRow | undefined;
  /** The other of a direct conversation. */
  person: PersonRow | undefined;
  presence: PresenceState | undefined;
  outbox: readonly OutboxRow[];
  online: boolean;
}

/**
 * What the database knows of a conversation, or of a person and the conversation with them; undefined until it has been
 * read.
 */
export function useConversation(conversationId?: string, personId?: string): ConversationData | undefined {
  const { db } = useEngine();
  const found = useLiveQuery(
    async () => ({ place: conversationId ?? personId, ...(await read(db, conversationId, personId)) }),
    [db, conversationId, personId],
  );
  if (found === undefined || !isMe(found.me)) return undefined;
  const { place, conversation, me, target, person, presence, outbox } = found;
  // Of another place it may be still; but not when the one place has become the other.
  if (place !== (conversationId ?? personId) && (conversationId === undefined || conversation?.id !== conversationId)) {
    return undefined;
  }
  const other = conversation?.other;
  const online = isOnline(found.connection);
  return { me, target, conversation, person: person ?? (other && { ...other }), presence, outbox, online };
}

/** At one moment: a message is either still in the outbox, or there is a conversation that has it. */
function read(db: ChatrDatabase, conversationId: string | undefined, personId = "") {
  return db.transaction("r", [db.conversations, db.meta, db.people, db.presence, db.outbox], async () => {
    const conversation =
      conversationId === undefined
        ? await db.conversations
            .where("other.id")
            .equals(personId)
            .filter(({ kind }) => kind === "direct")
            .first()
        : await db.conversations.get(conversationId);
    const id = conversation?.id ?? conversationId;
    const target = id === undefined ? `person:${personId}` : `conversation:${id}`;
    const otherId = conversation?.other?.id ?? personId;
    const [me, connection, person, presence, outbox] = await Promise.all([
      db.meta.get("me"),
      db.meta.get("connection"),
      db.people.get(otherId),
      db.presence.get(otherId),
      db.outbox.where("[target+order]").between([target, Dexie.minKey], [target, Dexie.maxKey]).toArray(),
    ]);
    return { conversation, me: me?.value, connection: connection?.value, target, person, presence, outbox };
  });
}

function isMe(value: unknown): value is Me {
  return typeof value === "object" && value !== null && "id" in value;
}

function isOnline(value: unknown): boolean {
  const connection = value as Connection | undefined;
  return connection?.state === "online";
}

const idle: readonly ActivityRow[] = [];

/** What the others are at, for as long as it holds: recording before typing, and a draft that shows before dots. */
export function useActivity(conversationId: string | undefined, me: string): readonly ActivityRow[] {
  const { db } = useEngine();
  const rows = useLiveQuery(
    async () =>
      conversationId === undefined ? [] : await db.activity.where("conversationId").equals(conversationId).toArray(),
    [db, conversationId],
  );
  const [now, setNow] = useState(Date.now);
  const others = useMemo(() => (rows ?? idle).filter((row) => row.userId !== me && row.until > now), [rows, me, now]);
  const next = Math.min(...others.map((row) => row.until));
  useEffect(() => {
    if (rows !== undefined) setNow(Date.now());
  }, [rows]);
  useEffect(() => {
    if (next === Infinity) return undefined;
    const timer = setTimeout(() => setNow(Date.now()), Math.max(50, next - Date.now()));
    return () => clearTimeout(timer);
  }, [next]);
  return useMemo(() => foremost(others), [others]);
}

const ORDER: readonly ActivityRow["kind"][] = ["recording", "draft", "typing"];

/** Of each person what says most, and first who does that. */
export function foremost(rows: readonly ActivityRow[]): readonly ActivityRow[] {
  const found = new Map<string, ActivityRow>();
  for (const kind of ORDER) {
    for (const row of rows) {
      const shows = row.kind === kind && (kind !== "draft" || Boolean(row.text));
      if (shows && !found.has(row.userId)) found.set(row.userId, row);
    }
  }
  return [...found.values()];
}
