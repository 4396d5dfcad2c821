import { useLiveQuery } from "dexie-react-hooks";
import { useEffect, useMemo, useRef } from "react";
import type { Message, Sender } from "../../api/types.ts";
import type { ActivityRow, ConversationRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";

/** So many of whom nothing is known are asked for at once. */
const MOST_ASKED = 20;
const nobody: readonly Sender[] = [];

/**
 * Whom the messages of a group that are here are by and about, and who is at something there. The same list as long as
 * it says the same. Between two nobody has to be looked up.
 */
export function usePeopleHere(
  conversation: Pick<ConversationRow, "kind"> | undefined,
  messages: readonly Message[],
  activity: readonly ActivityRow[],
): readonly Sender[] {
  const { db } = useEngine();
  const group = conversation?.kind === "group";
  const ids = useMemo(() => (group ? idsOf(messages, activity) : []), [group, messages, activity]);
  const key = ids.join();
  const found = useLiveQuery(async () => ({ key, rows: await db.people.bulkGet(ids) }), [db, key]);
  const last = useRef(nobody);
  const known = found?.rows.flatMap((row) => (row === undefined ? [] : [senderOf(row)])) ?? last.current;
  if (!same(known, last.current)) last.current = known;
  // Of others than these it may be still.
  useAsked(found?.key === key ? ids.filter((_, at) => found.rows[at] === undefined) : []);
  return last.current;
}

function idsOf(messages: readonly Message[], activity: readonly ActivityRow[]): string[] {
  const ids = new Set(activity.map((row) => row.userId));
  for (const { sender, mentions = [] } of messages) {
    ids.add(sender.id);
    for (const id of mentions) ids.add(id);
  }
  return [...ids].sort();
}

function senderOf({ id, username, displayName, profileImage }: Sender): Sender {
  return { id, username, displayName, ...(profileImage !== undefined && { profileImage }) };
}

function same(one: readonly Sender[], other: readonly Sender[]): boolean {
  const facts = ({ id, username, displayName, profileImage }: Sender) =>
    [id, username, displayName, profileImage].join("\n");
  return one.length === other.length && one.every((each, at) => facts(each) === facts(other[at] ?? each));
}

/** Whoever is mentioned or types, and has never written here, is asked for: once. */
function useAsked(missing: readonly string[]): void {
  const engine = useEngine();
  const asked = useRef(new Set<string>());
  const wanted = missing.filter((id) => !asked.current.has(id)).slice(0, MOST_ASKED);
  const key = wanted.join();
  useEffect(() => {
    for (const userId of key.split(",").filter(Boolean)) {
      asked.current.add(userId);
      // Who is not to be found stays without a name.
      engine.call("user.get", { userId }).catch(() => undefined);
    }
  }, [engine, key]);
}
