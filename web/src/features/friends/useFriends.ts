import { useLiveQuery } from "dexie-react-hooks";
import { useMemo } from "react";
import type { PresenceState } from "../../api/types.ts";
import type { ChatrDatabase, PersonRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";
import { isConnected } from "../profile/usePerson.ts";
import { type FriendLists, listsOf } from "./lists.ts";

export interface Friends extends FriendLists {
  presence: ReadonlyMap<string, PresenceState>;
  /** Whether the lists have come from the server once. */
  complete: boolean;
}

/** Friends, requests and blocks, live. Undefined until they were read. */
export function useFriends(query: string): Friends | undefined {
  const { db, userId } = useEngine();
  const people = useLiveQuery(() => peopleOf(db), [db]);
  const presence = useLiveQuery(() => presenceOf(db), [db]);
  const complete = useLiveQuery(async () => (await db.meta.get("cursor")) !== undefined, [db]);
  return useMemo(() => {
    if (people === undefined || presence === undefined || complete === undefined) return undefined;
    return { ...listsOf(people, presence, userId, query), presence, complete };
  }, [people, presence, complete, userId, query]);
}

function peopleOf(db: ChatrDatabase): Promise<PersonRow[]> {
  return db.people.filter((row) => row.friendship !== undefined || row.blockedByMe === true).toArray();
}

/** Without a connection nobody is known to be here. */
async function presenceOf(db: ChatrDatabase): Promise<ReadonlyMap<string, PresenceState>> {
  if (!(await isConnected(db))) return new Map();
  return new Map((await db.presence.toArray()).map((state) => [state.userId, state]));
}
