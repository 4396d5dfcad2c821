import type { PresenceState } from "../../api/types.ts";
import type { PersonRow } from "../../db/schema.ts";
import { locale } from "../../text/index.ts";
import { fullNameOf, nameOf, relationOf } from "../profile/person.ts";
import { shownPresence } from "../profile/presence.ts";

/** Everybody one has something with, by what it is. */
export interface FriendLists {
  /** Requests that wait for an answer, the newest first. */
  incoming: readonly PersonRow[];
  /** Own requests, the newest first. */
  outgoing: readonly PersonRow[];
  /** Friends who are here, and the others; by name. */
  online: readonly PersonRow[];
  others: readonly PersonRow[];
  /** The newest first. */
  blocked: readonly PersonRow[];
}

const names = new Intl.Collator(locale, { sensitivity: "base", numeric: true });

const byName = (one: PersonRow, other: PersonRow) =>
  names.compare(nameOf(one), nameOf(other)) || names.compare(one.username, other.username);
const newest = (when: (row: PersonRow) => string | undefined) => (one: PersonRow, other: PersonRow) =>
  (when(other) ?? "").localeCompare(when(one) ?? "") || byName(one, other);

/** The lists of those whose names match a query. Somebody stands in one of them at most. */
export function listsOf(
  people: readonly PersonRow[],
  presence: ReadonlyMap<string, PresenceState>,
  me: string,
  query = "",
): FriendLists {
  const into: Record<keyof FriendLists, PersonRow[]> = {
    incoming: [],
    outgoing: [],
    online: [],
    others: [],
    blocked: [],
  };
  for (const person of people) {
    if (!matches(person, query)) continue;
    const list = listOf(person, presence.get(person.id), me);
    if (list !== undefined) into[list].push(person);
  }
  into.incoming.sort(newest((row) => row.friendSince));
  into.outgoing.sort(newest((row) => row.friendSince));
  into.online.sort((one, other) => presenceRank(presence, one) - presenceRank(presence, other) || byName(one, other));
  into.others.sort(byName);
  into.blocked.sort(newest((row) => row.blockedSince));
  return into;
}

function listOf(person: PersonRow, presence: PresenceState | undefined, me: string): keyof FriendLists | undefined {
  const relation = relationOf(person, me);
  switch (relation) {
    case "blocked":
    case "incoming":
    case "outgoing":
      return relation;
    case "friend":
      return shownPresence(presence) === null ? "others" : "online";
    case "self":
    case "none":
      return undefined;
  }
}

/** Those who are away come after those who look at the screen. */
function presenceRank(presence: ReadonlyMap<string, PresenceState>, { id }: PersonRow): number {
  return shownPresence(presence.get(id)) === "online" ? 0 : 1;
}

/** Whether all words of a query begin a word of a name, or the username; accents and case do not count. */
export function matches(person: PersonRow, query: string): boolean {
  const sought = plain(query).split(/\s+/u).filter(Boolean);
  if (sought.length === 0) return true;
  const words = plain(`${person.displayName} ${fullNameOf(person)}`).split(/[\s-]+/u);
  const username = plain(person.username);
  return sought.every(
    (part) =>
      words.some((word) => word.startsWith(part)) || username.startsWith(part.startsWith("@") ? part : `@${part}`),
  );
}

function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase().trim();
}
