import type { Message } from "../../api/types.ts";
import type { OutboxRow } from "../../db/schema.ts";
import type { Row } from "./rows.ts";

/** Pictures that somebody has sent together. Those of one's own that are on their way stand behind those that are there. */
export interface Album {
  messages: readonly Message[];
  waiting: readonly OutboxRow[];
}

/** So many pictures are one album at most; more of a group are several. */
export const ALBUM_MOST = 10;

const PICTURE = /^(?:image|video)\//;

/** Puts rows together whose pictures belong to one album: the last row stays, with what the first has above it. */
export function gather(rows: readonly Row[]): Row[] {
  const gathered: Row[] = [];
  for (const row of rows) {
    const before = gathered.at(-1);
    if (before !== undefined && belongTogether(before, row)) gathered[gathered.length - 1] = joined(before, row);
    else gathered.push(row);
  }
  return gathered;
}

/** How many pictures there are, and in what they belong together; undefined: it is no picture of an album. */
export function groupOf(row: Row): { id: string; by: string; count: number } | undefined {
  const count = row.kind !== "system" && row.album ? row.album.messages.length + row.album.waiting.length : 1;
  if (row.kind === "message") {
    const { groupId, file, type, unsent, sender } = row.message;
    const isPicture = (type === "image" || type === "video") && file !== undefined && unsent !== true;
    return groupId !== undefined && isPicture ? { id: groupId, by: row.mine ? "" : sender.id, count } : undefined;
  }
  if (row.kind === "system") return undefined;
  const { groupId, file, state } = row.entry;
  // One that failed has to say so, and to be dealt with by itself.
  const waits = state !== "failed" && file !== undefined && PICTURE.test(file.mimeType);
  return groupId !== undefined && waits ? { id: groupId, by: "", count } : undefined;
}

function belongTogether(before: Row, row: Row): boolean {
  if (row.startsUnread || before.day !== row.day || quotes(row)) return false;
  const [one, other] = [groupOf(before), groupOf(row)];
  return one !== undefined && one.id === other?.id && one.by === other.by && one.count < ALBUM_MOST;
}

/** What answers to something begins a bubble of its own, that says so. */
function quotes(row: Row): boolean {
  return row.kind === "outbox" ? row.entry.replyToId !== undefined : row.message.replyTo !== undefined;
}

function joined(before: Row, row: Row): Row {
  const album = {
    messages: [...messagesOf(before), ...messagesOf(row)],
    waiting: [...waitingOf(before), ...waitingOf(row)],
  };
  const { key, at, startsUnread } = before;
  // The last message that is there says how far the row goes.
  const last = row.kind === "outbox" && before.kind === "message" ? before : row;
  return { ...last, key, at, startsUnread, album } as Row;
}

function messagesOf(row: Row): readonly Message[] {
  if (row.kind !== "message") return [];
  return row.album?.messages ?? [row.message];
}

function waitingOf(row: Row): readonly OutboxRow[] {
  if (row.kind === "system") return [];
  return row.album?.waiting ?? (row.kind === "outbox" ? [row.entry] : []);
}

export function sameAlbum(one: Album | undefined, other: Album | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return same(one.messages, other.messages) && same(one.waiting, other.waiting);
}

function same<T>(one: readonly T[], other: readonly T[]): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index]);
}
