import { describe, expect, it } from "vitest";
import { entriesOf, idsOf, tabOf } from "./order.ts";
import { conversation, message, user, waiting } from "./testing.ts";

const at = (id: string, createdAt: string) => conversation(id, { lastMessage: message({ createdAt }) });

describe("the order of the list", () => {
  it("has what was active last first", () => {
    const entries = entriesOf([at("old", "2026-11-25T10:00:00Z"), at("new", "2026-11-26T10:00:00Z")], []);
    expect(entries.map((entry) => entry.key)).toEqual(["new", "old"]);
  });

  it("compares instants, not their digits", () => {
    const entries = entriesOf([at("one", "2026-11-26T10:00:00.5Z"), at("two", "2026-11-26T10:00:01Z")], []);
    expect(entries.map((entry) => entry.key)).toEqual(["two", "one"]);
  });

  it("has pinned ones before all others, these by activity too", () => {
    const pinned = { ...at("pinned", "2024-01-01T10:00:00Z"), pinned: true };
    const older = { ...at("older", "2023-01-01T10:00:00Z"), pinned: true };
    const entries = entriesOf([at("new", "2026-11-26T10:00:00Z"), older, pinned], []);
    expect(entries.map((entry) => entry.key)).toEqual(["pinned", "older", "new"]);
  });

  it("counts what is not sent yet as said", () => {
    const outbox = [waiting("conversation:old", { createdAt: "2026-11-26T12:00:00Z" })];
    const entries = entriesOf([at("new", "2026-11-26T10:00:00Z"), at("old", "2026-11-25T10:00:00Z")], outbox);
    expect(entries.map((entry) => entry.key)).toEqual(["old", "new"]);
  });

  it("does not change by itself where times are equal", () => {
    const rows = ["b", "a", "c"].map((id) => at(id, "2026-11-26T10:00:00Z"));
    expect(idsOf(entriesOf(rows, []))).toEqual(["a", "b", "c"]);
    expect(idsOf(entriesOf(rows.reverse(), []))).toEqual(["a", "b", "c"]);
  });

  it("has a line for somebody who was written to and is not reached yet, until there is a conversation", () => {
    const outbox = [waiting("person:tom")];
    expect(entriesOf([], outbox)).toMatchObject([{ key: "person:tom", personId: "tom" }]);
    const entries = entriesOf([conversation("c", { other: user("tom") })], outbox);
    expect(entries.map((entry) => entry.key)).toEqual(["c"]);
  });
});

describe("tabs", () => {
  it("have requests apart, even archived ones", () => {
    expect(tabOf({ request: 1, archived: true })).toBe("requests");
    expect(tabOf({ request: 0, archived: true })).toBe("archived");
    expect(tabOf({ request: 0 })).toBe("chats");
  });

  it("give Alt+↑ and Alt+↓ the chats alone", () => {
    const rows = [conversation("a"), conversation("b", { request: 1 }), conversation("c", { archived: true })];
    expect(idsOf(entriesOf(rows, [waiting("person:tom")]))).toEqual(["a"]);
  });
});
