import type { Message, Sender } from "../../api/types.ts";
import { locale, t } from "../../text/index.ts";
import { plainText } from "../../ui/plain-text.ts";

/** A piece of a sentence; names stand out, and run their own way. */
export interface SentencePart {
  text: string;
  name: boolean;
}

/** What an entry says: who did what, to whom, and what it brought, as a name. All are words of one sentence. */
interface Said {
  who: string;
  whom: string;
  /** They did it with themselves. */
  self: boolean;
  text: string;
}

type Sentence = (said: Said) => string;

/** All that the server tells of groups: chatr/ops/groups. */
type SystemEvent =
  | "created"
  | "renamed"
  | "described"
  | "pictured"
  | "settings_changed"
  | "joined"
  | "let_in"
  | "left"
  | "removed"
  | "promoted"
  | "demoted"
  | "transferred"
  | "stepped_down";

const SENTENCES: Readonly<Record<SystemEvent, Sentence>> = {
  created: ({ who, text }) => t.conversation.groupCreated(who, isolated(text)),
  renamed: ({ who, text }) => t.conversation.groupRenamed(who, isolated(text)),
  described: ({ who }) => t.conversation.groupDescribed(who),
  pictured: ({ who }) => t.conversation.groupPictured(who),
  settings_changed: ({ who }) => t.conversation.groupSettings(who),
  joined: ({ who }) => t.conversation.memberJoined(who),
  let_in: ({ who, whom }) => t.conversation.memberLetIn(who, whom),
  left: ({ who }) => t.conversation.memberLeft(who),
  removed: ({ who, whom }) => t.conversation.memberRemoved(who, whom),
  promoted: ({ who, whom, text }) =>
    text === "owner" ? t.conversation.madeOwner(who, whom) : t.conversation.madeAdmin(who, whom),
  demoted: ({ who, whom, self }) => (self ? t.conversation.gaveUpAdmin(who) : t.conversation.tookAdmin(who, whom)),
  transferred: ({ who, whom }) => t.conversation.handedOn(who, whom),
  stepped_down: ({ who }) => t.conversation.steppedDown(who),
};

/** Around a name in a sentence: it is isolated, so that one from right to left moves no other word. */
const [BEGIN, END] = ["\u2068", "\u2069"];

function isolated(name: string): string {
  return BEGIN + name.replace(/[\u2066-\u2069]/g, "") + END;
}

/** What an entry of the system says, from the reader's point of view. */
export function systemParts(message: Message, me: string): SentencePart[] {
  const { sender, userIds = [], users = [], content } = message;
  const nameOf = (id: string, person: Sender | undefined, you: string) =>
    id === me ? you : isolated(person?.displayName || person?.username || t.common.deletedUser);
  const whom = userIds.map((id) =>
    nameOf(
      id,
      users.find((user) => user.id === id),
      t.conversation.youObject,
    ),
  );
  const said: Said = {
    who: nameOf(sender.id, sender, t.common.you),
    whom: list.format(whom),
    self: userIds.length === 1 && userIds[0] === sender.id,
    text: content,
  };
  return partsOf(sentence(message.event, said));
}

/** The same where only plain text can stand. */
export function systemText(message: Message, me: string): string {
  return systemParts(message, me)
    .map(({ text }) => text)
    .join("");
}

const list = new Intl.ListFormat(locale, { type: "conjunction" });

/** A newer server may tell of what this client has no words for: then it is in the server's, or at least that it is. */
function sentence(event: string | undefined, said: Said): string {
  if (event !== undefined && isKnown(event)) return SENTENCES[event](said);
  return plainText(said.text) || t.conversation.somethingChanged(said.who);
}

function isKnown(event: string): event is SystemEvent {
  return Object.hasOwn(SENTENCES, event);
}

function partsOf(text: string): SentencePart[] {
  const parts: SentencePart[] = [];
  for (const piece of text.split(BEGIN)) {
    const end = piece.indexOf(END);
    if (end >= 0) parts.push({ text: piece.slice(0, end), name: true });
    const rest = piece.slice(end + 1);
    if (rest !== "") parts.push({ text: rest, name: false });
  }
  return parts;
}
