import { useMemo } from "react";
import type { Message } from "../../api/types.ts";
import { calls } from "../../engine/views.ts";
import { EVERYBODY, type Mention } from "../../ui/mentions.ts";
import { useView, type View } from "./context.ts";
import { countsAsUnread } from "./rows.ts";

/** Whom the server found in a message. */
type Calling = Pick<Message, "mentions" | "mentionsAll">;

/** Who is mentioned in a message: between two whoever is named, in a group whom the server found in it. */
export function mentionsOf(message: Calling, { kind, mentions }: Pick<View, "kind" | "mentions">): readonly Mention[] {
  if (kind === "direct") return mentions;
  const ids = new Set(message.mentions);
  if (message.mentionsAll) ids.add(EVERYBODY);
  return ids.size === 0 ? none : mentions.filter(({ id }) => ids.has(id));
}

const none: readonly Mention[] = [];

/** The same list as long as it says the same: texts are parsed once. */
export function useMentions(message: Calling): readonly Mention[] {
  const { kind, mentions } = useView();
  const { mentions: ids, mentionsAll = false } = message;
  return useMemo(
    () => mentionsOf({ mentions: ids, mentionsAll }, { kind, mentions }),
    [ids, mentionsAll, kind, mentions],
  );
}

/** What the conversation says of the messages that call the reader and are not read. */
interface Counted {
  readSeq: number;
  mentionCount?: number;
  firstMentionSeq?: number;
}

/** The first message that calls the reader and is not read, and how many there are. */
export interface NextCall {
  seq: number;
  count: number;
}

/**
 * What to go to. The server counts all of them, when it was last asked; what is here knows of those that have come since,
 * and which were read.
 */
export function nextCall(row: Counted, messages: readonly Message[], me: string): NextCall | undefined {
  const here = messages.filter(
    (message) => message.seq > row.readSeq && countsAsUnread(message, me) && calls(message, me),
  );
  const told = row.firstMentionSeq !== undefined && row.firstMentionSeq > row.readSeq ? row.firstMentionSeq : undefined;
  const first = here[0]?.seq;
  const seq = Math.min(told ?? Infinity, first ?? Infinity);
  if (seq === Infinity) return undefined;
  // All of them are here, if the first unread message is.
  const whole = (messages[0]?.seq ?? Infinity) <= row.readSeq + 1;
  return { seq, count: whole ? here.length || 1 : Math.max(here.length, row.mentionCount ?? 0, 1) };
}
