import { describe, expect, it } from "vitest";
import { dayOf, noonOf } from "./days.ts";
import { isEmojiOnly } from "./emojiOnly.ts";
import { tickOf, tickOfSend } from "./ticks.ts";
import { countBelow, markAfterNews, markAtOpening } from "./unreadMark.ts";

describe("a day", () => {
  it("is the calendar's where the reader is", () => {
    expect(dayOf(new Date(2026, 0, 5, 0, 1))).toBe("2026-01-05");
    expect(dayOf(noonOf("2026-11-24"))).toBe("2026-11-24");
  });
});

describe("ticks", () => {
  const marks = { otherReadSeq: 3, otherDeliveredSeq: 5 };
  it("follow the other's watermarks", () => {
    expect([3, 4, 5, 6].map((seq) => tickOf({ seq }, marks))).toEqual(["read", "delivered", "delivered", "sent"]);
  });
  it("never fall behind the status that came with the message", () => {
    expect(tickOf({ seq: 9, status: "read" }, marks)).toBe("read");
    expect(tickOf({ seq: 9, status: "listened" }, {})).toBe("listened");
    expect(tickOf({ seq: 3, status: "sent" }, marks)).toBe("read");
  });
  it("tell a send that waits from one that failed", () => {
    expect(["waiting", "sending", "failed"].map((state) => tickOfSend({ state: state as "failed" }))).toEqual([
      "pending",
      "pending",
      "failed",
    ]);
  });
});

describe("emoji only", () => {
  it.each(["🎉", "🏔️🥾☕", " 👍🏽 ", "👨‍👩‍👧‍👦 ❤️", "🇨🇭", "1️⃣2️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"])("%s is", (text) =>
    expect(isEmojiOnly(text)).toBe(true),
  );
  it.each(["", "1", "12", "🎉🎉🎉🎉", "🎉!", "a🎉", "🎉a", "#", "©2026", "漢字", "👍".repeat(500)])(
    "%s is not",
    (text) => expect(isEmojiOnly(text)).toBe(false),
  );
});

describe("the unread line", () => {
  it("is where one had read to when the conversation was opened, and stays", () => {
    const mark = markAtOpening({ readSeq: 7, unreadCount: 2 });
    expect(mark).toEqual({ after: 7, count: 2, capped: false });
    expect(markAfterNews(mark, { readSeq: 9, unreadCount: 0 }, true)).toBe(mark);
  });
  it("is not there when nothing waits", () => {
    expect(markAtOpening({ readSeq: 7, unreadCount: 0 })).toBeUndefined();
  });
  it("comes above what arrives while nobody looks, and not while somebody does", () => {
    expect(markAfterNews(undefined, { readSeq: 7, unreadCount: 1 }, true)).toBeUndefined();
    expect(markAfterNews(undefined, { readSeq: 7, unreadCount: 1 }, false)?.after).toBe(7);
  });
  it("counts what has come since, too", () => {
    const of = (seq: number, sender: string) => ({
      id: String(seq),
      conversationId: "c",
      seq,
      sender: { id: sender, username: sender, displayName: sender },
      type: "text" as const,
      content: "",
      createdAt: "",
    });
    const mark = { after: 2, count: 1, capped: false };
    expect(countBelow(mark, [of(1, "ada"), of(3, "ada"), of(4, "sam"), of(5, "ada")], "sam")).toBe(2);
    expect(countBelow({ ...mark, count: 40 }, [of(3, "ada")], "sam")).toBe(40);
  });
});
