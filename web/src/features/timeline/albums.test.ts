import { describe, expect, it } from "vitest";
import type { File, Message } from "../../api/types.ts";
import type { OutboxRow } from "../../db/schema.ts";
import { ALBUM_MOST } from "./albums.ts";
import { createRows, type Row } from "./rows.ts";

const AT = new Date(2026, 10, 24, 10, 0).toISOString();
const FILE = { id: "f", name: "a.jpg", size: 1, mimeType: "image/jpeg", url: "/api/files/f/a.jpg" } satisfies File;

function picture(seq: number, groupId?: string, more: Partial<Message> = {}): Message {
  return {
    id: `m${seq}`,
    conversationId: "c",
    seq,
    sender: { id: "ada", username: "@ada", displayName: "Ada" },
    type: "image",
    content: "",
    createdAt: AT,
    file: FILE,
    ...(groupId && { groupId }),
    ...more,
  };
}

const mine = { sender: { id: "sam", username: "@sam", displayName: "Sam" } };

function waiting(clientId: string, groupId: string, more: Partial<OutboxRow> = {}): OutboxRow {
  const file = { name: "a.jpg", size: 1, mimeType: "image/jpeg" };
  return { clientId, target: "conversation:c", content: "", createdAt: AT, state: "waiting", groupId, file, ...more };
}

function rows(messages: Message[], outbox: OutboxRow[] = [], unreadAfter?: number): readonly Row[] {
  return createRows()({ messages, atStart: true, outbox, me: "sam", unreadAfter });
}

/** Each row as the keys of its pictures. */
const shape = (all: readonly Row[]) =>
  all.map((row) => {
    if (row.kind === "system" || row.album === undefined) return row.key;
    return [...row.album.messages, ...row.album.waiting].map(
      ({ clientId, ...rest }) => clientId ?? ("id" in rest && rest.id),
    );
  });

describe("an album", () => {
  it("is what one person has sent together, and has the place of its first and the seq of its last", () => {
    const all = rows([picture(1), picture(2, "g"), picture(3, "g"), picture(4, "h"), picture(5)]);
    expect(shape(all)).toEqual(["m1", ["m2", "m3"], "m4", "m5"]);
    expect(all[1]).toMatchObject({ key: "m2", message: { seq: 3 } });
  });

  it("is of one sender and of pictures alone", () => {
    const document = picture(2, "g", { type: "file" });
    expect(shape(rows([picture(1, "g"), document, picture(3, "g"), picture(4, "g", mine)]))).toEqual([
      "m1",
      "m2",
      "m3",
      "m4",
    ]);
  });

  it("is left by what is unsent", () => {
    const gone = picture(2, "g", { unsent: true, file: undefined });
    expect(shape(rows([picture(1, "g"), gone, picture(3, "g"), picture(4, "g")]))).toEqual(["m1", "m2", ["m3", "m4"]]);
  });

  it("is not cut by the unread line: a new one begins below it", () => {
    const all = rows([picture(1, "g"), picture(2, "g"), picture(3, "g"), picture(4, "g")], [], 2);
    expect(shape(all)).toEqual([
      ["m1", "m2"],
      ["m3", "m4"],
    ]);
    expect(all.map((row) => row.startsUnread)).toEqual([false, true]);
  });

  it("keeps its place while its pictures are sent one by one", () => {
    const before = rows([], [waiting("a", "g"), waiting("b", "g")]);
    const between = rows([picture(1, "g", { ...mine, clientId: "a" })], [waiting("b", "g")]);
    const after = rows([picture(1, "g", { ...mine, clientId: "a" }), picture(2, "g", { ...mine, clientId: "b" })]);
    for (const all of [before, between, after]) expect(shape(all)).toEqual([["a", "b"]]);
    expect([before, between, after].map(([row]) => row?.key)).toEqual(["a", "a", "a"]);
    expect([before, between, after].map(([row]) => row?.kind)).toEqual(["outbox", "message", "message"]);
  });

  it("leaves one that was refused to itself", () => {
    const all = rows([], [waiting("a", "g"), waiting("b", "g", { state: "failed" }), waiting("c", "g")]);
    expect(shape(all)).toEqual(["a", "b", "c"]);
  });

  it("is not longer than ten, whatever somebody calls a group", () => {
    const many = Array.from({ length: ALBUM_MOST * 2 + 1 }, (_, index) => picture(index + 1, "g"));
    expect(shape(rows(many)).map((each) => (Array.isArray(each) ? each.length : 1))).toEqual([10, 10, 1]);
  });

  it("is the same row as long as nothing of it changes", () => {
    const layOut = createRows();
    const messages = [picture(1, "g"), picture(2, "g")];
    const input = { messages, atStart: true, outbox: [], me: "sam", unreadAfter: undefined };
    const [before] = layOut(input);
    expect(layOut({ ...input, messages: [...messages] })[0]).toBe(before);
    const [changed] = layOut({ ...input, messages: [picture(1, "g", { content: "Hut" }), messages[1] as Message] });
    expect(changed).not.toBe(before);
  });
});
