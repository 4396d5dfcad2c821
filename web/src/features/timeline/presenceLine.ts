import type { PresenceState, User } from "../../api/types.ts";
import type { ActivityRow, ConversationRow } from "../../db/schema.ts";
import { t } from "../../text/index.ts";
import { presenceText } from "../profile/presence.ts";

interface Facts {
  conversation: Pick<ConversationRow, "kind" | "memberCount"> | undefined;
  person: Pick<User, "username" | "lastSeen"> | undefined;
  presence: PresenceState | undefined;
  activity: ActivityRow | undefined;
  /** Without a connection nobody's presence is known. */
  online: boolean;
  now: Date;
}

/** The second line of a header, and whether it tells of what happens right now. */
export function presenceLine({ conversation, person, presence, activity, online, now }: Facts): {
  text: string;
  live: boolean;
} {
  if (activity !== undefined && online) {
    return { text: activity.kind === "recording" ? t.conversation.recording : t.conversation.typing, live: true };
  }
  if (conversation?.kind === "group")
    return { text: t.conversation.members(conversation.memberCount ?? 0), live: false };
  return { text: whereabouts(person, presence, online, now), live: false };
}

function whereabouts(person: Facts["person"], presence: PresenceState | undefined, online: boolean, now: Date): string {
  const username = person?.username ?? "";
  return (online ? presenceText(presence, person, now.getTime()) : null) ?? username;
}
