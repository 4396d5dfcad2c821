import type { PresenceState, User } from "../../api/types.ts";
import type { ActivityRow, ConversationRow, PersonRow } from "../../db/schema.ts";
import { t } from "../../text/index.ts";
import { shownPresence } from "../profile/presence.ts";
import { type Line, lineOf, shortName } from "./line.ts";
import { fitting } from "./match.ts";
import { type Entry, targetOf } from "./order.ts";

/** All that the rows show besides conversations, joined by id. */
export interface ListData {
  me: string;
  people: ReadonlyMap<string, PersonRow>;
  presence: ReadonlyMap<string, PresenceState>;
  activity: ReadonlyMap<string, readonly ActivityRow[]>;
  drafts: ReadonlyMap<string, string>;
  /** Without a connection nobody's presence is known. */
  connected: boolean;
  now: number;
}

/** Who or what a chat is with. */
export interface Face {
  /** Whose tone the avatar has. */
  id: string;
  kind: "person" | "group" | "bot";
  name: string;
  username?: string;
  src?: string;
  tag?: string;
  presence: "online" | "away" | null;
}

export interface RowView extends Face {
  href: string;
  line: Line;
  at: string;
  /** Empty: all is read. */
  unread: string;
  /** Something unread calls the reader. */
  mentioned: boolean;
  muted: boolean;
  pinned: boolean;
}

/** What a row of the list shows. `open`: it is the conversation beside the list, whose draft stands there already. */
export function viewOf(entry: Entry, data: ListData, open: boolean): RowView {
  const { conversation, waiting } = entry;
  const target = conversation === undefined ? entry.key : targetOf(conversation.id);
  const line = lineOf({
    ...(conversation && { conversation }),
    waiting,
    activity: data.activity.get(entry.key) ?? [],
    draft: open ? "" : (data.drafts.get(target) ?? ""),
    me: data.me,
    now: data.now,
    nameOf: (userId) => shortName(data.people.get(userId)?.displayName ?? t.conversation.someone),
  });
  return {
    ...faceOf(entry, data),
    href: hrefOf(entry),
    line,
    at: new Date(entry.when).toISOString(),
    unread: conversation ? unreadText(conversation) : "",
    mentioned: conversation !== undefined && isMentioned(conversation),
    muted: conversation !== undefined && isMuted(conversation, data.now),
    pinned: entry.pinned,
  };
}

export function hrefOf({ conversation, personId }: Pick<Entry, "conversation" | "personId">): string {
  return conversation ? `/c/${conversation.id}` : `/u/${personId ?? ""}`;
}

type FaceData = Pick<ListData, "people" | "presence" | "connected">;

/** The name, picture and presence of a chat. */
export function faceOf({ conversation, personId }: Pick<Entry, "conversation" | "personId">, data: FaceData): Face {
  if (conversation?.kind === "group") {
    const name = conversation.title || t.chats.untitled;
    const { id, profileImage: src } = conversation;
    return { id, kind: "group", name, presence: null, ...(src !== undefined && { src }) };
  }
  return personFace(conversation ? conversation.other : data.people.get(personId ?? ""), data);
}

export function personFace(person: User | undefined, data: Pick<FaceData, "presence" | "connected">): Face {
  if (person === undefined) return { id: "", kind: "person", name: t.common.deletedUser, presence: null };
  const { id, username, displayName, profileImage, isBot } = person;
  const tag = tagOf(person);
  return {
    id,
    kind: isBot ? "bot" : "person",
    name: displayName || username,
    username,
    ...(profileImage !== undefined && { src: profileImage }),
    ...(tag !== undefined && { tag }),
    presence: data.connected ? shownPresence(data.presence.get(id)) : null,
  };
}

function tagOf({ isBot, isGuest, isSupport }: User): string | undefined {
  if (isBot) return t.chats.bot;
  if (isGuest) return t.chats.guest;
  return isSupport ? t.chats.support : undefined;
}

/** The server counts to 999, and says where there are more, or may be. */
export function unreadText({ unreadCount, unreadCapped }: ConversationRow): string {
  if (unreadCount === 0 && !unreadCapped) return "";
  return unreadCapped ? `${Math.max(1, unreadCount)}+` : String(unreadCount);
}

function isMentioned({ unreadCount, mentionCount = 0 }: ConversationRow): boolean {
  return unreadCount > 0 && mentionCount > 0;
}

export function isMuted({ mutedUntil }: ConversationRow, now: number): boolean {
  return mutedUntil !== undefined && Date.parse(mutedUntil) > now;
}

/** The name of a row, and what it shows by signs: "Ada Okafor", "online", "2 unread". */
export function spoken({ name, tag, presence, unread, mentioned, muted, pinned }: RowView): string[] {
  const words = [name];
  if (tag !== undefined) words.push(tag);
  if (presence !== null) words.push(t.common[presence].toLowerCase());
  if (unread !== "") words.push(t.chats.unread(unread));
  if (mentioned) words.push(t.chats.mentioned);
  if (pinned) words.push(t.chats.pinned);
  if (muted) words.push(t.chats.muted);
  return words;
}

/** Chats whose name or username has the words, the best first; of all tabs. */
export function entriesNamed(query: string, data: FaceData & { entries: readonly Entry[] }): Entry[] {
  return fitting(query, data.entries, (entry) => {
    const { name, username } = faceOf(entry, data);
    return [name, username];
  });
}
