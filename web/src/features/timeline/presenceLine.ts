import type { PresenceState, User } from "../../api/types.ts";
import type { ActivityRow, ConversationRow } from "../../db/schema.ts";
import { locale, t } from "../../text/index.ts";
import { numberText } from "../../ui/number.ts";
import { presenceText } from "../profile/presence.ts";

interface Facts {
  conversation: Pick<ConversationRow, "kind" | "memberCount"> | undefined;
  person: Pick<User, "username" | "lastSeen"> | undefined;
  presence: PresenceState | undefined;
  /** What the others are at, the foremost first. */
  activity: readonly ActivityRow[];
  /** How a group calls somebody; undefined: it is not known yet. */
  nameOf: (userId: string) => string | undefined;
  /** Without a connection nobody's presence is known. */
  online: boolean;
  now: Date;
}

/** The second line of a header, and whether it tells of what happens right now. */
export function presenceLine({ conversation, person, presence, activity, nameOf, online, now }: Facts): {
  text: string;
  live: boolean;
} {
  const [first] = activity;
  if (first !== undefined && online) {
    if (conversation?.kind === "group") return { text: groupActivity(activity, nameOf), live: true };
    return { text: first.kind === "recording" ? t.conversation.recording : t.conversation.typing, live: true };
  }
  if (conversation?.kind === "group")
    return { text: t.conversation.members(numberText(conversation.memberCount ?? 0)), live: false };
  return { text: whereabouts(person, presence, online, now), live: false };
}

const names = new Intl.ListFormat(locale, { type: "conjunction" });
/** More than so many are counted. */
const MOST_NAMED = 3;

/** Who types in a group; who records is more than that, and said alone. */
function groupActivity(activity: readonly ActivityRow[], nameOf: Facts["nameOf"]): string {
  const records = activity.some(({ kind }) => kind === "recording");
  const who = records ? activity.filter(({ kind }) => kind === "recording") : activity;
  const named = who.flatMap(({ userId }) => nameOf(userId) ?? []);
  const say = records ? t.conversation.recordsHere : t.conversation.typesHere;
  if (named.length < who.length || who.length > MOST_NAMED)
    return say(t.conversation.somePeople(who.length), who.length);
  return say(names.format(named), who.length);
}

function whereabouts(person: Facts["person"], presence: PresenceState | undefined, online: boolean, now: Date): string {
  const username = person?.username ?? "";
  return (online ? presenceText(presence, person, now.getTime()) : null) ?? username;
}
