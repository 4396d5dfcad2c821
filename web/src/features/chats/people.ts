import type { ConversationRow, PersonRow } from "../../db/schema.ts";
import { locale } from "../../text/index.ts";
import { fitting } from "./match.ts";

const names = new Intl.Collator(locale, { sensitivity: "base", numeric: true });

/** Friends by their names; with words only those who have them in a name, the best first. */
export function friendsOf(people: Iterable<PersonRow>, query = ""): PersonRow[] {
  const friends = [...people]
    .filter((each) => each.friendship?.status === "accepted")
    .sort((one, other) => names.compare(one.displayName, other.displayName));
  return query === "" ? friends : fitting(query, friends, (each) => [each.displayName, each.username]);
}

/** Where one writes to somebody: the conversation, if there is one. */
export function pathOfPerson(userId: string, conversations: readonly ConversationRow[]): string {
  const conversation = conversations.find((each) => each.kind === "direct" && each.other?.id === userId);
  return conversation ? `/c/${conversation.id}` : `/u/${userId}`;
}
