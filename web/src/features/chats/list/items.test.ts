import { expect, it } from "vitest";
import type { InviteRow } from "../../../db/schema.ts";
import { entriesOf } from "../order.ts";
import { conversation, waiting } from "../testing.ts";
import { isRow, itemsOf, keyOf } from "./items.ts";

const invite = (id: string): InviteRow => ({
  id,
  group: { id, name: id, title: id, memberCount: 3 },
  memberCount: 3,
  invitedAt: "2026-11-26T10:00:00Z",
  revision: 1,
});
const entries = entriesOf(
  [conversation("a"), conversation("b", { request: 1 }), conversation("c", { archived: true })],
  [waiting("person:tom")],
);
const keys = (count: number, tab: Parameters<typeof itemsOf>[2]) =>
  itemsOf(["x", "y", "z"].slice(0, count).map(invite), entries, tab).map(keyOf);

it("has invites above the chats as long as they are few, and all of them with the requests", () => {
  expect(keys(2, "chats")).toEqual(["invite:x", "invite:y", "person:tom", "a"]);
  expect(keys(3, "chats")).toEqual(["invite:x", "invite:y", "more-invites", "person:tom", "a"]);
  expect(keys(3, "requests")).toEqual(["invite:x", "invite:y", "invite:z", "b"]);
  expect(keys(3, "archived")).toEqual(["c"]);
});

it("lets the arrows go along chats alone", () => {
  expect(itemsOf([invite("x")], entries, "requests").map(isRow)).toEqual([false, true]);
});
