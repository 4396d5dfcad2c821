import { useLiveQuery } from "dexie-react-hooks";
import { useEffect, useState } from "react";
import { ApiError } from "../../api/errors.ts";
import type { PresenceState } from "../../api/types.ts";
import type { ChatrDatabase, Connection, ConversationRow, PersonRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";

/** Somebody, and what one has with them. */
export interface Person {
  person: PersonRow;
  /** Nothing while there is no connection: then nobody knows. */
  presence: PresenceState | undefined;
  conversation: ConversationRow | undefined;
}

/** Undefined: not read yet; null: nobody of this id is known here. */
export function usePerson(userId: string): Person | null | undefined {
  const { db } = useEngine();
  return useLiveQuery(() => personOf(db, userId), [db, userId]);
}

async function personOf(db: ChatrDatabase, userId: string): Promise<Person | null> {
  const [person, presence, conversation, online] = await Promise.all([
    db.people.get(userId),
    db.presence.get(userId),
    db.conversations.where("other.id").equals(userId).first(),
    isConnected(db),
  ]);
  return person === undefined ? null : { person, presence: online ? presence : undefined, conversation };
}

/** Whether what is kept of presence is true at this moment. */
export async function isConnected(db: ChatrDatabase): Promise<boolean> {
  const row = await db.meta.get("connection");
  return (row?.value as Connection | undefined)?.state === "online";
}

/** Fetch somebody as they are now; answers why nobody was found, as a code. */
export function useFreshPerson(userId: string): string | undefined {
  const engine = useEngine();
  const [refused, setRefused] = useState<{ userId: string; code: string }>();
  useEffect(() => {
    const control = new AbortController();
    engine.call("user.get", { userId }, control.signal).catch((error: unknown) => {
      if (control.signal.aborted) return;
      setRefused({ userId, code: error instanceof ApiError ? error.code : "internal" });
    });
    return () => control.abort();
  }, [engine, userId]);
  return refused?.userId === userId ? refused.code : undefined;
}
