import type { Message } from "../../api/types.ts";
import type { OutboxRow } from "../../db/schema.ts";
import { type Album, gather, sameAlbum } from "./albums.ts";
import { dayOf } from "./days.ts";

/** Messages of one sender belong together that follow each other within this time. */
const TOGETHER_MS = 5 * 60_000;

interface Place {
  /** The same for a send and the message that it becomes: it is swapped in place. */
  key: string;
  at: string;
  day: string;
  /** A line with the day stands above. */
  startsDay: boolean;
  /** The unread line stands above. */
  startsUnread: boolean;
  /** First and last of a group of bubbles. */
  first: boolean;
  last: boolean;
}

export type Row = Place &
  /** Of an album, the last that is there. */
  (
    | { kind: "message"; message: Message; mine: boolean; album?: Album }
    | { kind: "system"; message: Message }
    | { kind: "outbox"; entry: OutboxRow; album?: Album }
  );

export interface RowsInput {
  /** Ascending. */
  messages: readonly Message[];
  /** The oldest message is here. */
  atStart: boolean;
  /** In order of sending. */
  outbox: readonly OutboxRow[];
  me: string;
  /** The unread line stands above the first message of others behind this seq; undefined: there is none. */
  unreadAfter: number | undefined;
}

/** Whether a message waits to be read by somebody: one of others that is there. */
export function countsAsUnread(message: Message, me: string): boolean {
  return message.type !== "system" && message.sender.id !== me && message.unsent !== true;
}

/**
 * Answers a function that lays out a conversation. Rows that stay as they were are the same objects from one call to the
 * next, so that what shows them need not look twice.
 */
export function createRows(): (input: RowsInput) => readonly Row[] {
  let before = new Map<string, Row>();
  return (input) => {
    const rows = layOut(input);
    const now = new Map<string, Row>();
    for (const [index, row] of rows.entries()) {
      const old = before.get(row.key);
      const kept = old !== undefined && sameRow(old, row) ? old : row;
      rows[index] = kept;
      now.set(kept.key, kept);
    }
    before = now;
    return rows;
  };
}

function layOut(input: RowsInput): Row[] {
  const each: Row[] = [];
  let marked = false;
  for (const message of input.messages) {
    const place = placeOf(message.clientId ?? message.id, message.createdAt);
    if (!marked && input.unreadAfter !== undefined && message.seq > input.unreadAfter) {
      marked = countsAsUnread(message, input.me);
      place.startsUnread = marked;
    }
    each.push(
      message.type === "system"
        ? { ...place, kind: "system", message }
        : { ...place, kind: "message", message, mine: message.sender.id === input.me },
    );
  }
  for (const entry of notYetThere(input))
    each.push({ ...placeOf(entry.clientId, entry.createdAt), kind: "outbox", entry });
  const rows = gather(each);
  group(rows, input.me);
  if (!input.atStart) leaveOpen(rows);
  return rows;
}

/**
 * How the first row looks depends on what is before it: whether a day begins there, and whose bubbles it belongs to. It
 * is shown when that is known, so that no row becomes another one when older messages come.
 */
function leaveOpen(rows: Row[]): void {
  if (rows.length > 1 && rows[0]?.startsUnread === false) rows.shift();
}

function placeOf(key: string, at: string): Place {
  return { key, at, day: dayOf(new Date(at)), startsDay: false, startsUnread: false, first: true, last: true };
}

/** For a moment a send may be both in the outbox and among the messages. */
function notYetThere({ messages, outbox }: RowsInput): readonly OutboxRow[] {
  if (outbox.length === 0) return outbox;
  const there = new Set(messages.slice(-200).map((message) => message.clientId));
  return outbox.filter((entry) => !there.has(entry.clientId));
}

function group(rows: Row[], me: string): void {
  let previous: Row | undefined;
  for (const row of rows) {
    row.startsDay = previous?.day !== row.day;
    row.first = previous === undefined || row.startsDay || row.startsUnread || !together(previous, row, me);
    if (previous !== undefined) previous.last = row.first;
    previous = row;
  }
}

function together(a: Row, b: Row, me: string): boolean {
  const sender = senderOf(a, me);
  return sender !== null && sender === senderOf(b, me) && Date.parse(b.at) - Date.parse(a.at) < TOGETHER_MS;
}

/** Who speaks; null: nobody, as in a system entry. */
function senderOf(row: Row, me: string): string | null {
  switch (row.kind) {
    case "message":
      return row.message.sender.id;
    case "outbox":
      return me;
    case "system":
      return null;
  }
}

function sameRow(a: Row, b: Row): boolean {
  return (
    a.kind === b.kind &&
    a.at === b.at &&
    a.startsDay === b.startsDay &&
    a.startsUnread === b.startsUnread &&
    a.first === b.first &&
    a.last === b.last &&
    (a.kind === "outbox"
      ? b.kind === "outbox" && a.entry === b.entry
      : b.kind !== "outbox" && a.message === b.message) &&
    (a.kind === "system" || b.kind === "system" || sameAlbum(a.album, b.album))
  );
}
