import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Conversation, Message } from "../api/types.ts";
import { ChatrDatabase } from "../db/schema.ts";
import type { Entry } from "./fold.ts";
import { Log } from "./log.ts";
import { Store } from "./store.ts";

const ME = "me";
let store: Store;
let log: Log;

beforeEach(async () => {
  store = new Store(new ChatrDatabase(ME, `test:${crypto.randomUUID()}`), ME);
  log = new Log(store);
  await store.putViews([view(1)]);
});

afterEach(() => store.db.close());

function message(seq: number, more: Partial<Message> = {}): Message {
  const sender = { id: "ada", username: "@ada", displayName: "Ada" };
  const createdAt = new Date(seq * 1000).toISOString();
  return { id: `m${seq}`, conversationId: "g", seq, sender, type: "text", content: `${seq}`, createdAt, ...more };
}

function view(headSeq: number, more: Partial<Conversation> = {}): Conversation {
  const marks = { headSeq, readSeq: 1, deliveredSeq: 1, unreadCount: headSeq - 1 };
  const rest = { lastMessage: message(headSeq), revision: headSeq, updatedAt: new Date(headSeq * 1000).toISOString() };
  return { id: "g", kind: "group", status: "accepted", memberCount: 3, role: "member", ...marks, ...rest, ...more };
}

const received = (seq: number, more: Partial<Message> = {}) =>
  ({ seq, event: "message.received", data: { conversationId: "g", seq, message: message(seq, more) } }) as Entry;
const edited = (seq: number, of: number, mentions: string[]) =>
  ({ seq, event: "message.edited", data: { conversationId: "g", seq, message: message(of, { mentions }) } }) as Entry;
const row = () => store.db.conversations.get("g");

test("unread messages that call the reader are counted as they come, and gone when they are read", async () => {
  const called = { mentions: [ME] };
  await log.apply("g", [received(2), received(3, called), received(4, { mentions: ["ben"] })]);
  await log.apply("g", [received(5, { mentionsAll: true })]);
  expect(await row()).toMatchObject({ unreadCount: 4, mentionCount: 2, firstMentionSeq: 3 });
  await store.mark({ conversationId: "g", userId: ME, readSeq: 4, deliveredSeq: 4 });
  expect(await row()).toMatchObject({ unreadCount: 1, mentionCount: 1, firstMentionSeq: 5 });
  await store.mark({ conversationId: "g", userId: ME, readSeq: 5, deliveredSeq: 5 });
  expect(await row()).not.toHaveProperty("mentionCount");
  expect(await row()).not.toHaveProperty("firstMentionSeq");
});

test("one's own call nobody but the others", async () => {
  const sender = { id: ME, username: "@me", displayName: "Me" };
  await log.apply("g", [received(2, { mentionsAll: true, sender })]);
  expect(await row()).not.toHaveProperty("mentionCount");
});

test("an edit or an unsending may change who is called", async () => {
  await log.apply("g", [received(2, { mentions: [ME] }), received(3)]);
  await log.apply("g", [edited(4, 2, []), edited(5, 3, [ME])]);
  expect(await row()).toMatchObject({ unreadCount: 2, mentionCount: 1, firstMentionSeq: 3 });
  const unsent = { seq: 6, event: "message.unsent", data: { conversationId: "g", seq: 6, messageId: "m3" } } as Entry;
  await log.apply("g", [unsent]);
  expect(await row()).toMatchObject({ unreadCount: 1 });
  expect(await row()).not.toHaveProperty("mentionCount");
});

test("a view that is older than the log does not take them away", async () => {
  await log.apply("g", [received(2), received(3, { mentions: [ME] })]);
  await store.putViews([view(2, { revision: 9 })]);
  expect(await row()).toMatchObject({ mentionCount: 1, firstMentionSeq: 3 });
  await store.putViews([view(4, { revision: 10, mentionCount: 2, firstMentionSeq: 2 })]);
  expect(await row()).toMatchObject({ mentionCount: 2, firstMentionSeq: 2 });
});
