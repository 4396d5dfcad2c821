import { describe, expect, it } from "vitest";
import type { ConversationRow } from "../db/schema.ts";
import { headsOf, newsOf, titleOf, unreadOf } from "./attention.ts";
import { bannerOf } from "./banner.ts";
import { isInvitation, isOpen, placeOf } from "./places.ts";

const NOW = Date.parse("2026-11-26T12:00:00Z");

function row(id: string, change: Partial<ConversationRow> = {}): ConversationRow {
  return {
    id,
    kind: "direct",
    status: "accepted",
    headSeq: 1,
    readSeq: 0,
    deliveredSeq: 0,
    unreadCount: 1,
    revision: 1,
    updatedAt: "2026-11-26T11:00:00Z",
    logSeq: 1,
    viewSeq: 1,
    request: 0,
    ...change,
  };
}

const message = (seq: number, sender: string) => ({
  id: `m${seq}`,
  conversationId: "a",
  seq,
  sender: { id: sender, username: sender, displayName: sender },
  type: "text" as const,
  content: "hello",
  createdAt: "2026-11-26T11:00:00Z",
});

describe("unread", () => {
  it("counts what is neither muted nor archived nor a request", () => {
    const rows = [
      row("a", { unreadCount: 2 }),
      row("b", { mutedUntil: "2026-11-26T13:00:00Z" }),
      row("c", { mutedUntil: "2026-11-26T11:00:00Z" }),
      row("d", { archived: true }),
      row("e", { request: 1 }),
    ];
    expect(unreadOf(rows, NOW)).toBe(3);
  });
  it("stands in the title", () => {
    expect(titleOf(0)).toBe("Chatr");
    expect(titleOf(3)).toBe("(3) Chatr");
    expect(titleOf(999)).toBe("(99+) Chatr");
  });
});

describe("news", () => {
  const before = headsOf([row("a", { lastMessage: message(4, "u") })]);
  it("is what others wrote since", () => {
    expect(newsOf(before, [row("a", { lastMessage: message(4, "u") })], "me", NOW)).toEqual([]);
    expect(newsOf(before, [row("a", { lastMessage: message(5, "u") })], "me", NOW)).toHaveLength(1);
    expect(newsOf(before, [row("a", { lastMessage: message(5, "me") })], "me", NOW)).toEqual([]);
    expect(newsOf(before, [row("new", { lastMessage: message(1, "u") })], "me", NOW)).toHaveLength(1);
  });
  it("is not what is muted or read already", () => {
    const muted = { mutedUntil: "2027-01-01T00:00:00Z", lastMessage: message(5, "u") };
    expect(newsOf(before, [row("a", muted)], "me", NOW)).toEqual([]);
    expect(newsOf(before, [row("a", { unreadCount: 0, lastMessage: message(5, "u") })], "me", NOW)).toEqual([]);
  });
});

describe("the banner", () => {
  it("waits for two seconds without connection", () => {
    const lost = { state: "offline", since: NOW, retryAt: NOW + 9500, synced: true } as const;
    expect(bannerOf(lost, NOW + 1900, undefined)).toBeNull();
    expect(bannerOf(lost, NOW + 2000, undefined)).toEqual({ kind: "waiting", seconds: 8 });
    expect(bannerOf({ ...lost, state: "connecting" }, NOW + 3000, undefined)).toEqual({ kind: "connecting" });
  });
  it("says for three seconds that it is back, if it had said that it was not", () => {
    const online = { state: "online", since: NOW, synced: true } as const;
    expect(bannerOf(online, NOW, undefined)).toBeNull();
    expect(bannerOf(online, NOW + 2900, NOW)).toEqual({ kind: "back" });
    expect(bannerOf(online, NOW + 3000, NOW)).toBeNull();
  });
});

describe("a path", () => {
  it("is a place", () => {
    expect(placeOf("/")).toEqual({ area: "chats", list: "chats" });
    expect(placeOf("/archived")).toEqual({ area: "chats", list: "archived" });
    expect(placeOf("/c/a%20b")).toEqual({ area: "chats", list: "chats", conversationId: "a b" });
    expect(placeOf("/u/1")).toEqual({ area: "chats", list: "chats", personId: "1" });
    expect(placeOf("/g/1")).toEqual({ area: "group", groupId: "1" });
    expect(["/join", "/g/1", "/joiner", "/"].filter(isInvitation)).toEqual(["/join", "/g/1"]);
    expect(placeOf("/settings/privacy")).toEqual({ area: "settings" });
    expect(placeOf("/sign-in")).toEqual({ area: "chats", list: "chats" });
  });
  it("shows a conversation or none", () => {
    expect(isOpen(placeOf("/c/1"))).toBe(true);
    expect(isOpen(placeOf("/"))).toBe(false);
  });
});
