import { describe, expect, it } from "vitest";
import type { ConversationRow, OutboxRow, PersonRow } from "../../db/schema.ts";
import { mayAttach, writingOf } from "./writing.ts";

const NOW = Date.parse("2026-11-26T12:00:00Z");
const conversation: ConversationRow = {
  id: "c",
  kind: "direct",
  status: "accepted",
  headSeq: 1,
  readSeq: 0,
  deliveredSeq: 0,
  unreadCount: 0,
  revision: 1,
  updatedAt: "",
  logSeq: 1,
  viewSeq: 1,
  request: 0,
};
const refused = (code: string): OutboxRow => ({
  clientId: code,
  target: "conversation:c",
  content: "",
  createdAt: "",
  state: "failed",
  error: { code, detail: "" },
});
const writing = (more: Partial<ConversationRow>, own = 0, outbox: OutboxRow[] = []) =>
  writingOf({ conversation: { ...conversation, ...more }, person: undefined, outbox, own, me: "sam", now: NOW });

describe("where one writes", () => {
  it("is open in an accepted conversation, and before there is one", () => {
    expect(writing({})).toEqual({ kind: "open" });
    expect(writingOf({ conversation: undefined, person: undefined, outbox: [], own: 0, me: "sam", now: NOW })).toEqual({
      kind: "open",
    });
  });
  it("is a choice while a request waits for the reader", () => {
    expect(writing({ status: "pending", initiatorId: "tom", request: 1 })).toEqual({ kind: "request" });
  });
  it("counts what may still be said while one's own request waits", () => {
    expect(writing({ status: "pending", initiatorId: "sam" }, 2)).toEqual({ kind: "waiting", left: 3 });
    expect(writing({ status: "pending", initiatorId: "sam" }, 7)).toEqual({ kind: "waiting", left: 0 });
  });
  it("says when one can ask again after a refusal, and lets one then", () => {
    const declined = { status: "pending", initiatorId: "sam" } as const;
    expect(writing({ ...declined, declinedAt: "2026-11-25T12:00:00Z" })).toEqual({ kind: "declined", days: 6 });
    expect(writing({ ...declined, declinedAt: "2026-11-01T12:00:00Z" }).kind).toBe("waiting");
  });
  it("is closed where one has blocked, whatever else holds", () => {
    expect(writing({ blockedByMe: true, status: "pending", request: 1 })).toEqual({ kind: "blocked-by-me" });
  });
  it("is closed when the server said that they can't be reached", () => {
    expect(writing({}, 0, [refused("blocked")])).toEqual({ kind: "unreachable" });
    expect(writing({}, 0, [refused("rate_limited")])).toEqual({ kind: "open" });
  });
});

describe("files", () => {
  const friend = { friendship: { status: "accepted" } } as PersonRow;
  it("are sent where a conversation is accepted, and to friends with whom none has begun", () => {
    expect(mayAttach({ conversation, person: undefined })).toBe(true);
    expect(mayAttach({ conversation: undefined, person: friend })).toBe(true);
  });
  it("are sent to nobody who has yet to accept", () => {
    expect(mayAttach({ conversation: { ...conversation, status: "pending" }, person: friend })).toBe(false);
    expect(mayAttach({ conversation: undefined, person: undefined })).toBe(false);
  });
});
