import type { Events, LogEntry, Message } from "../api/types.ts";
import type { ConversationRow } from "../db/schema.ts";

/** What a log has, and what live events say too. */
export type Entry = Pick<LogEntry, "seq" | "event" | "data">;

/** What entries say that are about something else than the message that they come with. */
interface Said {
  messageId: string;
  userId: string;
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
      return data.message;
    case "message.edited":
    case "message.preview":
      // Its status is the sender's to know.
      return { ...data.message, status: message.status };
    case "message.reaction":
      return { ...message, reactions: data.reactions };
    case "message.listened":
      return data.userId === me ? message : { ...message, status: "listened" };
    case "message.unsent":
      return unsent(message);
    default:
      // Of a group: it comes with a system entry, which it does not change.
      return message;
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
      if (group.description === undefined) delete row.description;
      else row.description = group.description;
    }
  }
}

function unsent(message: Message): Message {
  const {
    replyTo: _replyTo,
    editedAt: _editedAt,
    linkPreview: _linkPreview,
    mentionsAll: _mentionsAll,
    ...rest
  } = message;
  return { ...rest, content: "", unsent: true, edited: false, reactions: [], mentions: [] };
}

function withoutQuote(message: Message, unsentId: string): Message {
  if (message.replyTo?.id !== unsentId) return message;
  return { ...message, replyTo: { ...message.replyTo, content: "", unsent: true } };
}
