import type { InviteRow } from "../../../db/schema.ts";
import { type ChatTab, type Entry, tabOf } from "../order.ts";

/** Above the chats stand so many invites at most; with the requests all of them. */
const MOST_ABOVE = 2;

/** A line of a tab. */
export type Item =
  | { kind: "invite"; key: string; invite: InviteRow }
  | { kind: "more"; key: string; count: number }
  | { kind: "entry"; key: string; entry: Entry };

export const keyOf = (item: Item) => item.key;
export const isRow = (item: Item) => item.kind === "entry";

/** What stands in a tab: groups that wait for an answer, then its chats. */
export function itemsOf(invites: readonly InviteRow[], entries: readonly Entry[], tab: ChatTab): Item[] {
  const above = invites.slice(0, mostAbove(tab));
  const items: Item[] = above.map((invite) => ({ kind: "invite", key: `invite:${invite.id}`, invite }));
  const left = invites.length - above.length;
  if (tab === "chats" && left > 0) items.push({ kind: "more", key: "more-invites", count: left });
  for (const entry of entries) if (entryTab(entry) === tab) items.push({ kind: "entry", key: entry.key, entry });
  return items;
}

function mostAbove(tab: ChatTab): number {
  switch (tab) {
    case "chats":
      return MOST_ABOVE;
    case "requests":
      return Infinity;
    case "archived":
      return 0;
    default:
      return tab satisfies never;
  }
}

/** Who was written to and is not reached yet is among the chats. */
function entryTab({ conversation }: Entry): ChatTab {
  return conversation === undefined ? "chats" : tabOf(conversation);
}
