import type { Message } from "../../api/types.ts";
import type { ActivityRow, ConversationRow, OutboxRow } from "../../db/schema.ts";
import { t } from "../../text/index.ts";
import { plainText } from "../../ui/plain-text.ts";
import { lineOf as wordsOf, lineOfSend as wordsOfSend } from "../timeline/names.ts";
import { type SentencePart, systemParts } from "../timeline/system.ts";

export type Tick = "pending" | "sent" | "delivered" | "read";
export type Kind = "photo" | "video" | "voice" | "file";

/** What stands below the name of a chat. */
export type Line =
  | { kind: "failed" }
  | { kind: "active"; text: string }
  | { kind: "draft"; text: string }
  /** Of a group, by the system. */
  | { kind: "told"; parts: readonly SentencePart[] }
  | { kind: "said"; who?: string; tick?: Tick; icon?: Kind; text: string }
  | { kind: "nothing"; text: string };

export interface LineParts {
  conversation?: ConversationRow;
  waiting: readonly OutboxRow[];
  activity: readonly ActivityRow[];
  draft?: string;
  /** The caller. */
  me: string;
  now: number;
  /** The name of somebody who is active, as a group calls them. */
  nameOf: (userId: string) => string;
}

/** What matters most: what was not sent, then who is about to write, then one's own draft, then what was last said. */
export function lineOf(parts: LineParts): Line {
  const { conversation, waiting, draft = "" } = parts;
  if (waiting.some((row) => row.state === "failed")) return { kind: "failed" };
  const active = activeText(parts);
  if (active !== undefined) return { kind: "active", text: active };
  if (draft.trim() !== "") return { kind: "draft", text: plain(draft) };
  const group = conversation?.kind === "group";
  const own = waiting.at(-1);
  if (own !== undefined) {
    return { kind: "said", tick: "pending", text: wordsOfSend(own), ...(group && { who: t.chats.you }) };
  }
  const last = conversation?.lastMessage;
  if (conversation === undefined || last === undefined) return { kind: "nothing", text: "" };
  return saidLine(conversation, last, parts.me);
}

function activeText({ conversation, activity, now, me, nameOf }: LineParts): string | undefined {
  const row = activity.find((each) => each.until > now && each.userId !== me);
  if (row === undefined) return undefined;
  const records = row.kind === "recording";
  if (conversation?.kind !== "group") return records ? t.chats.recording : t.chats.typing;
  const name = nameOf(row.userId);
  return records ? t.chats.recordsInGroup(name) : t.chats.typesInGroup(name);
}

function saidLine(conversation: ConversationRow, last: Message, me: string): Line {
  const own = last.sender.id === me;
  const name = shortName(last.sender.displayName);
  const group = conversation.kind === "group";
  const who = own ? t.chats.you : t.chats.by(name);
  // In a group an owner or admin may have done it: who did is not told.
  if (last.unsent && group) return { kind: "said", who, text: t.chats.unsent };
  if (last.unsent) return { kind: "said", text: own ? t.chats.youUnsent : t.chats.unsentBy(name) };
  if (last.type === "system") return { kind: "told", parts: systemParts(last, me) };
  const content = saidContent(last);
  if (group) return { kind: "said", who, ...content };
  return own ? { kind: "said", tick: tickOf(conversation, last), ...content } : { kind: "said", ...content };
}

/** More of a message no line can show. */
const shown = 240;

function plain(content: string): string {
  return plainText(content.slice(0, shown));
}

const icons: Partial<Record<Message["type"], Kind>> = { image: "photo", video: "video", audio: "voice", file: "file" };

function saidContent(message: Message): { icon?: Kind; text: string } {
  const { type, content } = message;
  const icon = icons[type];
  return { ...(icon && { icon }), text: wordsOf({ ...message, content: content.slice(0, shown) }) };
}

/** How far one's own message has come: by its status, or by the other's watermarks where these are newer. */
export function tickOf(conversation: ConversationRow, { seq, status }: Message): Tick {
  if (status === "read" || status === "listened" || (conversation.otherReadSeq ?? 0) >= seq) return "read";
  if (status === "delivered" || (conversation.otherDeliveredSeq ?? 0) >= seq) return "delivered";
  return "sent";
}

/** How a line calls somebody: by the first of their names. */
export function shortName(displayName: string): string {
  return displayName.trim().split(/\s+/, 1)[0] || displayName;
}
