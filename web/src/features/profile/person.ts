import type { User } from "../../api/types.ts";
import type { PersonRow } from "../../db/schema.ts";
import { t } from "../../text/people.ts";

/** How somebody stands to the viewer. */
export type Relation = "self" | "blocked" | "friend" | "incoming" | "outgoing" | "none";

/** A block counts before all else: it has ended what was. */
export function relationOf({ id, blockedByMe, friendship }: PersonRow, me: string): Relation {
  if (id === me) return "self";
  if (blockedByMe) return "blocked";
  if (friendship?.status === "accepted") return "friend";
  if (friendship?.status !== "pending") return "none";
  return friendship.requesterId === me ? "outgoing" : "incoming";
}

/** Whether friendship can be asked for at all: with guests and bots there is none. */
export function canBefriend({ isGuest, isBot }: User): boolean {
  return !(isGuest || isBot);
}

export function nameOf({ displayName, username }: Pick<User, "displayName" | "username">): string {
  return displayName || username;
}

/** Both names of which one may see any; empty: none. */
export function fullNameOf({ firstName, lastName }: Pick<User, "firstName" | "lastName">): string {
  return [firstName, lastName].filter(Boolean).join(" ");
}

export function kindOf({ isBot }: Pick<User, "isBot">): "person" | "bot" {
  return isBot ? "bot" : "person";
}

/** The word beside a name; most people have none. */
export function tagOf({ isBot, isGuest, isSupport }: Pick<User, "isBot" | "isGuest" | "isSupport">) {
  if (isBot) return t.people.bot;
  if (isGuest) return t.people.guest;
  return isSupport ? t.people.support : undefined;
}
