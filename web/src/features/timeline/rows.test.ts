import { describe, expect, it } from "vitest";
import type { Message } from "../../api/types.ts";
import type { OutboxRow } from "../../db/schema.ts";
import { createRows, type Row } from "./rows.ts";

const START = new Date(2026, 10, 24, 10, 0).getTime();

function message(seq: number, minute: number, sender = "ada", more: Partial<Message> = {}): Message {
  return {
    id: `m${seq}`,
    conversationId: "c",
    seq,
    sender: { id: sender, username: `@${sender}`, displayName: sender },
    type: "text",
    content: String(seq),
    createdAt: new Date(START + minute * 60_000).toISOString(),
    ...more,
  };
}

function waiting(clientId: string, minute: number): OutboxRow {
  const createdAt = new Date(START + minute * 60_000).toISOString();
  return { clientId, target: "conversation:c", content: clientId, createdAt, state: "waiting" };
}

function rows(messages: Message[], outbox: OutboxRow[] = [], unreadAfter?: number): readonly Row[] {
  return createRows()({ messages, atStart: true, outbox, me: "sam", unreadAfter });
}

const edges = (all: readonly Row[]) =>
  all.map((row) => `${row.first ? "(" : ""}${row.key}${row.last ? ")" : ""}`).join(" ");

describe("rows of a conversation", () => {
  it("belong together when one person wrote them within five minutes", () => {
    expect(edges(rows([message(1, 0), message(2, 4), message(3, 9)]))).toBe("(m1 m2) (m3)");
  });

  it("begin a new group when somebody else writes", () => {
    expect(edges(rows([message(1, 0), message(2, 0, "sam"), message(3, 0)]))).toBe("(m1) (m2) (m3)");
  });

  it("stand below a day line where a day begins, and begin a group there", () => {
    const all = rows([message(1, 0), message(2, 14 * 60 - 1), message(3, 14 * 60 + 1)]);
    expect(all.map((row) => row.startsDay)).toEqual([true, false, true]);
    expect(edges(all)).toBe("(m1) (m2) (m3)");
  });

  it("begin a group below the unread line, which stands above the first unread of others", () => {
    const all = rows([message(1, 0), message(2, 0, "sam"), message(3, 0), message(4, 0)], [], 1);
    expect(all.map((row) => row.startsUnread)).toEqual([false, false, true, false]);
    expect(edges(all)).toBe("(m1) (m2) (m3 m4)");
  });

  it("count neither what was unsent nor what the system says as unread", () => {
    const all = rows(
      [message(2, 0, "ada", { unsent: true }), message(3, 0, "ada", { type: "system" }), message(4, 0)],
      [],
      1,
    );
    expect(all.map((row) => row.startsUnread)).toEqual([false, false, true]);
  });

  it("are no group around a system entry", () => {
    expect(edges(rows([message(1, 0), message(2, 0, "ada", { type: "system" }), message(3, 0)]))).toBe(
      "(m1) (m2) (m3)",
    );
  });

  it("have what waits to be sent last, grouped with one's own", () => {
    expect(edges(rows([message(1, 0, "sam", { clientId: "a" })], [waiting("b", 1), waiting("c", 2)]))).toBe("(a b c)");
  });

  it("show a send once while it is both in the outbox and among the messages, under the same key", () => {
    expect(edges(rows([message(1, 0, "sam", { clientId: "a" })], [waiting("a", 0), waiting("b", 0)]))).toBe("(a b)");
  });

  it("are the same objects as before where nothing has changed", () => {
    const layOut = createRows();
    const first = message(1, 0);
    const rest = { atStart: true, outbox: [], me: "sam", unreadAfter: undefined };
    const before = layOut({ messages: [first], ...rest });
    const after = layOut({ messages: [first, message(2, 9)], ...rest });
    expect(after[0]).toBe(before[0]);
    const grouped = layOut({ messages: [first, message(2, 1)], ...rest });
    expect(grouped[0]).not.toBe(before[0]);
  });

  it("are there when it is known how they look: no older message changes one", () => {
    const layOut = createRows();
    const rest = { outbox: [], me: "sam", unreadAfter: undefined };
    const [one, two, three] = [message(1, 0), message(2, 1), message(3, 2)];
    const before = layOut({ messages: [two, three], atStart: false, ...rest });
    expect(edges(before)).toBe("m3)");
    const after = layOut({ messages: [one, two, three], atStart: true, ...rest });
    expect(edges(after)).toBe("(m1 m2 m3)");
    expect(after[2]).toBe(before[0]);
    expect(edges(layOut({ messages: [two], atStart: false, ...rest }))).toBe("(m2)");
  });
});
