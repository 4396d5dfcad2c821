import type { Events, GroupInfo, LogEntry, Message } from "../api/types.ts";
import type { ConversationRow } from "../db/schema.ts";

/** What a log has, and what live events say too. */
export type Entry = Pick<LogEntry, "seq" | "event" | "data">;

/** What entries say that are about something else than the message that they come with. */
interface Said {
  messageId: string;
  userId: string;
  emoji: string | null;
  reactions: Message["reactions"];
  message: Message;
}

/** An entry about what the person has deleted from their own view says no more than that it is there. */
export function isCleared(entry: Entry): boolean {
  return "cleared" in entry.data;
}

/** Which message an entry is about. */
export function subject(entry: Entry): string | undefined {
  const data: Partial<Said> = entry.data as Partial<Said>;
  return data.message?.id ?? data.messageId;
}

/** A message after an entry: the same object, if the entry changes nothing about it. */
export function fold(message: Message, entry: Entry, me: string): Message {
  if (isCleared(entry)) return message;
  const data = entry.data as unknown as Said;
  if (subject(entry) !== message.id) {
    return entry.event === "message.unsent" ? withoutQuote(message, data.messageId) : message;
  }
  switch (entry.event) {
    case "message.received":
      return naming(data.message, me, chosenBy(message, me));
    case "message.edited":
    case "message.preview":
      // Its status is the sender's to know, and whether one has listened to it oneself.
      return { ...naming(data.message, me, chosenBy(message, me)), status: message.status };
    case "message.reaction": {
      const own = data.userId === me ? data.emoji : chosenBy(message, me);
      return naming({ ...message, reactions: data.reactions }, me, own);
    }
    case "message.listened":
      return data.userId === me || message.sender.id === me ? { ...message, status: "listened" } : message;
    case "message.unsent":
      return unsent(message);
    default:
      // Of a group: it comes with a system entry, which it does not change.
      return message;
  }
}

const WORN = ["description", "profileImage", "coverImage"] as const;

/** Gives a group what only some have: what it is about, and its images. */
export function wear(row: ConversationRow, shown: Pick<GroupInfo, (typeof WORN)[number]>): void {
  for (const name of WORN) {
    if (shown[name] === undefined) delete row[name];
    else row[name] = shown[name];
  }
}

/** A group after an entry that says what all its members see of it. */
export function foldGroup(row: ConversationRow, entry: Entry, me: string): void {
  switch (entry.event) {
    case "group.member_joined":
    case "group.member_left":
    case "group.member_removed":
      row.memberCount = (entry.data as Events["chatr.group.member_joined"]).memberCount;
      return;
    case "group.role_changed": {
      const { userId, role } = entry.data as Events["chatr.group.role_changed"];
      if (userId === me) row.role = role;
      return;
    }
    case "group.updated": {
      const { group } = entry.data as Events["chatr.group.updated"];
      row.title = group.name;
      wear(row, group);
      if (group.profileImage === undefined) delete row.profileImage;
      else row.profileImage = group.profileImage;
    }
  }
}

/** How somebody has reacted, as far as it is known. */
export function chosenBy(message: Message, userId: string): string | undefined {
  return message.reactions?.find(({ users }) => users.some(({ id }) => id === userId))?.emoji;
}

/** What all are told names the first alone who have reacted: somebody who has too is named behind them. */
function naming(message: Message, userId: string, emoji: string | null | undefined): Message {
  if (emoji === undefined || emoji === null || chosenBy(message, userId) !== undefined) return message;
  const reactions = message.reactions?.map((each) =>
    each.emoji === emoji && each.count > each.users.length
      ? { ...each, users: [...each.users, { id: userId, username: "" }] }
      : each,
  );
  return { ...message, reactions };
}

function unsent(message: Message): Message {
  const {
    replyTo: _replyTo,
    editedAt: _editedAt,
    linkPreview: _linkPreview,
    file: _file,
    mentionsAll: _mentionsAll,
    ...rest
  } = message;
  return { ...rest, content: "", unsent: true, edited: false, reactions: [], mentions: [] };
}

function withoutQuote(message: Message, unsentId: string): Message {
  if (message.replyTo?.id !== unsentId) return message;
  return { ...message, replyTo: { ...message.replyTo, content: "", unsent: true } };
}
