import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Conversation, Message, User } from "../api/types.ts";
import { ChatrDatabase } from "../db/schema.ts";
import { Feed } from "./feed.ts";
import type { Entry } from "./fold.ts";
import type { Call } from "./friends.ts";
import { History } from "./history.ts";
import { News } from "./news.ts";
import { Store } from "./store.ts";

const ME = "me";
let store: Store;
let news: News;
let asked: string[];
let answers: Record<string, (params: Record<string, unknown>) => unknown>;
const feeds: Feed[] = [];

beforeEach(() => {
  store = new Store(new ChatrDatabase(ME, `test:${crypto.randomUUID()}`), ME);
  news = new News(store, () => undefined);
  asked = [];
  answers = {
    "sync.changes": () => ({ cursor: "1", conversations: [], removed: [], reset: false }),
    "user.me": () => ({ ...user(ME), privacy: {}, settings: {} }),
    "presence.query": () => ({ items: [] }),
    "group.invites": () => ({ items: [] }),
    "friend.list": () => ({ items: [] }),
    "friend.incoming": () => ({ items: [] }),
    "friend.outgoing": () => ({ items: [] }),
    "friend.blocked": () => ({ items: [] }),
  };
});

afterEach(() => {
  for (const feed of feeds.splice(0)) feed.close();
  store.db.close();
});

const call = (async (name: string, params: Record<string, unknown>) => {
  asked.push(name);
  const answer = answers[name];
  if (answer === undefined) throw new Error(`nobody answers ${name}`);
  return answer(params);
}) as Call;

/** A feed that has resumed. */
async function live(epoch = "epoch"): Promise<Feed> {
  let synced: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    synced = resolve;
  });
  const feed = new Feed(news, call, () => synced());
  feeds.push(feed);
  const running = feed.run(epoch);
  await Promise.race([done, running]);
  return feed;
}

const user = (id: string, revision = 1): User => ({ id, username: id, displayName: id, revision });

function message(conversationId: string, seq: number, more: Partial<Message> = {}): Message {
  const sender = { id: `p-${conversationId}`, username: "p", displayName: "p" };
  const createdAt = new Date(seq * 1000).toISOString();
  return {
    id: `${conversationId}-${seq}`,
    conversationId,
    seq,
    sender,
    type: "text",
    content: `text ${seq}`,
    createdAt,
    ...more,
  };
}

function view(id: string, headSeq: number, more: Partial<Conversation> = {}): Conversation {
  return {
    id,
    kind: "direct",
    status: "accepted",
    other: user(`p-${id}`),
    headSeq,
    readSeq: 0,
    deliveredSeq: 0,
    unreadCount: headSeq,
    lastMessage: message(id, headSeq),
    revision: 1,
    updatedAt: new Date(headSeq * 1000).toISOString(),
    ...more,
  };
}

const received = (conversationId: string, seq: number) => ({
  kind: "event" as const,
  name: "message.received",
  data: { conversationId, seq, message: message(conversationId, seq) },
});

const entry = (conversationId: string, seq: number): Entry =>
  ({ seq, event: "message.received", data: { conversationId, seq, message: message(conversationId, seq) } }) as Entry;

async function seqs(conversationId: string): Promise<number[]> {
  const found = await store.db.messages.filter((each) => each.conversationId === conversationId).toArray();
  return found.map((each) => each.seq).sort((one, other) => one - other);
}

test("a thousand conversations are a few calls, the first time and after a long absence", {
  timeout: 30_000,
}, async () => {
  const all = Array.from({ length: 1000 }, (_, index) => view(`c${index}`, 10));
  answers["sync.changes"] = ({ cursor }) =>
    cursor === undefined
      ? { cursor: "1", conversations: all.slice(0, 50), removed: [], reset: true }
      : { cursor: "2", conversations: all.map((each) => view(each.id, 90)), removed: [], reset: false };
  answers["conversation.list"] = ({ filter, cursor }) => {
    const from = filter === "chats" ? Number(cursor ?? 0) : 1000;
    return { items: all.slice(from, from + 100), nextCursor: from + 100 < 1000 ? String(from + 100) : null };
  };
  (await live()).close();
  expect(await store.db.conversations.count()).toBe(1000);
  expect(asked.length).toBeLessThan(21);
  asked = [];
  await live();
  expect(asked).toEqual(["sync.changes", "user.me", "presence.query"]);
  expect(await store.db.conversations.get("c999")).toMatchObject({ headSeq: 90, logSeq: 90, unreadCount: 90 });
});

test("entries that cross are put in order without asking; what does not come is fetched", async () => {
  answers["sync.changes"] = () => ({ cursor: "1", conversations: [view("c", 1)], removed: [], reset: false });
  const feed = await live();
  asked = [];
  for (const seq of [3, 2, 3]) feed.put(received("c", seq));
  await vi.waitFor(async () => expect(await seqs("c")).toEqual([2, 3]));
  expect(asked).toEqual([]);
  answers["conversation.log"] = ({ after }) => ({
    entries: [entry("c", Number(after) + 1)],
    headSeq: 5,
    complete: true,
  });
  feed.put(received("c", 5));
  await vi.waitFor(async () => expect(await seqs("c")).toEqual([2, 3, 4, 5]));
  expect(asked).toContain("conversation.log");
  expect(await store.db.conversations.get("c")).toMatchObject({ logSeq: 5, unreadCount: 5 });
});

test("a burst is put together, in order, and what one of it breaks off is here up to there", async () => {
  const both = [view("c", 1), view("d", 1)];
  answers["sync.changes"] = () => ({ cursor: "1", conversations: both, removed: [], reset: false });
  const feed = await live();
  const typing = (active: boolean) => ({
    kind: "event" as const,
    name: "activity.typing",
    data: { conversationId: "c", userId: "p-c", active },
  });
  feed.put(received("c", 2));
  await vi.waitFor(async () => expect(await seqs("c")).toEqual([2]));
  const transactions = vi.spyOn(store.db.core, "transaction");
  for (const item of [received("c", 4), typing(true), received("d", 2), received("c", 3), typing(true)]) feed.put(item);
  await vi.waitFor(async () => expect(await seqs("c")).toEqual([2, 3, 4]));
  expect(await seqs("d")).toEqual([2]);
  expect(await store.db.activity.toArray()).toMatchObject([{ userId: "p-c", kind: "typing" }]);
  expect(transactions.mock.calls.filter(([, mode]) => mode === "readwrite")).toHaveLength(1);
  transactions.mockRestore();
  const broken = { kind: "event" as const, name: "message.received", data: { conversationId: "c", seq: 6 } };
  const told = vi.spyOn(news.log, "apply");
  for (const item of [received("d", 3), received("c", 5), broken, received("d", 4)]) feed.put(item);
  await vi.waitFor(() => expect(told.mock.settledResults.some(({ type }) => type === "rejected")).toBe(true));
  await vi.waitFor(async () =>
    expect([await seqs("c"), await seqs("d")]).toEqual([
      [2, 3, 4, 5],
      [2, 3],
    ]),
  );
});

test("what comes while it resumes is applied after what was missed, and once", async () => {
  answers["sync.changes"] = () => ({ cursor: "1", conversations: [view("c", 1)], removed: [], reset: false });
  (await live()).close();
  await news.log.apply("c", [entry("c", 2)]);
  let feed: Feed | undefined;
  answers["sync.changes"] = () => {
    for (const seq of [3, 4, 5]) feed?.put(received("c", seq));
    return { cursor: "2", conversations: [view("c", 4)], removed: [], reset: false };
  };
  answers["conversation.log"] = () => ({ entries: [entry("c", 3), entry("c", 4)], headSeq: 4, complete: true });
  feed = new Feed(news, call, () => undefined);
  feeds.push(feed);
  void feed.run("epoch");
  await vi.waitFor(async () => expect(await seqs("c")).toEqual([2, 3, 4, 5]));
  expect((await store.db.conversations.get("c"))?.unreadCount).toBe(5);
});

test("another epoch: everything is forgotten but what waits to be sent", async () => {
  answers["sync.changes"] = () => ({ cursor: "1", conversations: [view("c", 9)], removed: [], reset: false });
  const feed = await live();
  feed.put(received("c", 10));
  await vi.waitFor(async () => expect(await seqs("c")).toEqual([10]));
  feed.close();
  const row = { clientId: "x", order: 1, target: "conversation:c", content: "mine", createdAt: "" };
  await store.db.outbox.put({ ...row, state: "waiting" });
  let cursor: unknown = "none";
  answers["sync.changes"] = (params) => {
    cursor = params.cursor;
    return { cursor: "1", conversations: [view("c", 4)], removed: [], reset: false };
  };
  await live("another");
  expect(cursor).toBeUndefined();
  expect(await seqs("c")).toEqual([]);
  expect(await store.db.conversations.get("c")).toMatchObject({ headSeq: 4, logSeq: 4 });
  expect(await store.db.outbox.count()).toBe(1);
});

test("of views the newest counts, watermarks only grow, and what is removed stays so", async () => {
  await store.putViews([view("c", 5, { revision: 7, readSeq: 2, archived: true })]);
  await store.putViews([view("c", 4, { revision: 6, readSeq: 3 })]);
  expect(await store.db.conversations.get("c")).toMatchObject({ revision: 7, readSeq: 3, headSeq: 5, archived: true });
  await store.remove("c", 8);
  await store.putViews([view("c", 5, { revision: 7 })]);
  expect(await store.db.conversations.get("c")).toBeUndefined();
  await store.putViews([view("c", 6, { revision: 9, clearedSeq: 5 })]);
  expect(await seqs("c")).toEqual([6]);
});

test("a person is as the newest view says, wherever it came", async () => {
  await store.putViews([view("c", 1, { other: { ...user("p-c", 5), displayName: "New" } })]);
  await store.putViews([view("c", 1, { revision: 2, other: { ...user("p-c", 4), displayName: "Old" } })]);
  expect((await store.db.conversations.get("c"))?.other?.displayName).toBe("New");
  await news.event("user.updated", { user: { ...user("p-c", 6), displayName: "Newer" }, revision: 6 });
  expect((await store.db.conversations.get("c"))?.other?.displayName).toBe("Newer");
  await news.event("friend.requested", {
    friendship: { id: "f", status: "pending", requesterId: "p-c", addresseeId: ME },
    user: user("p-c", 8),
    revision: 8,
  });
  await news.event("friend.declined", {
    friendship: { id: "f", status: "declined", requesterId: "p-c", addresseeId: ME },
    user: user("p-c", 7),
    revision: 7,
  });
  expect((await store.db.people.get("p-c"))?.friendship?.status).toBe("pending");
});

test("a page that was on its way while its conversation went on has what came meanwhile", async () => {
  await store.putViews([view("c", 1)], true);
  const history = new History(store, call);
  const first = message("c", 1);
  answers["message.history"] = async () => {
    // It goes on by a view alone, as long as nothing of its log is here.
    await store.putViews([view("c", 4, { revision: 2 })]);
    return { items: [first], hasBefore: false, hasAfter: false, otherDeliveredSeq: 0, otherReadSeq: 0 };
  };
  answers["conversation.log"] = ({ after }) => ({
    entries: [2, 3, 4].filter((seq) => seq > Number(after)).map((seq) => entry("c", seq)),
    headSeq: 4,
    complete: true,
  });
  await history.after("c", 0);
  expect(await store.db.stretches.toArray()).toEqual([{ conversationId: "c", fromSeq: 1, toSeq: 4 }]);
  expect(await seqs("c")).toEqual([1, 2, 3, 4]);
});

/** A group as one of its members has it. */
const group = (id: string, headSeq: number, more: Partial<Conversation> = {}): Conversation => {
  const { other: _other, ...rest } = view(id, headSeq, {
    kind: "group",
    role: "member",
    memberCount: 3,
    title: "Foxes",
  });
  return { ...rest, ...more };
};

test("a group is as its newest entry and its newest view say, in whatever order they come", async () => {
  const said = (seq: number, event: string, more: object): Entry =>
    ({ seq, event, data: { conversationId: "g", groupId: "g", seq, ...more } }) as Entry;
  await store.putViews([group("g", 5)]);
  await news.log.apply("g", [
    said(6, "group.updated", {
      group: { id: "g", name: "Wolves", title: "Wolves", memberCount: 3, description: "howl" },
    }),
    said(7, "group.member_left", { memberCount: 2 }),
    said(8, "group.role_changed", { userId: ME, role: "admin", by: "p" }),
    said(9, "group.role_changed", { userId: "p", role: "owner", by: "p" }),
  ]);
  const now = { title: "Wolves", description: "howl", memberCount: 2, role: "admin" };
  expect(await store.db.conversations.get("g")).toMatchObject({ headSeq: 9, ...now });
  // A view from before the entries, but of a newer own part: it knows nothing of them.
  await store.putViews([group("g", 5, { revision: 2, archived: true })]);
  expect(await store.db.conversations.get("g")).toMatchObject({ archived: true, headSeq: 9, ...now });
  await store.putViews([group("g", 12, { revision: 9, title: "Bears", memberCount: 7 })]);
  await news.log.apply("g", [said(10, "group.member_joined", { memberCount: 3 })]);
  expect(await store.db.conversations.get("g")).toMatchObject({ title: "Bears", memberCount: 7, role: "member" });
});

test("an invitation that was taken back before it came does not come", async () => {
  const invited = (revision: number) => ({ group: { id: "g" }, invitedBy: user("p"), memberCount: 1, revision });
  await news.event("group.invite_revoked", { groupId: "g", revision: 4 });
  await news.event("group.invited", invited(3));
  expect(await store.db.invites.count()).toBe(0);
  await news.event("group.invited", invited(5));
  await news.event("group.invite_revoked", { groupId: "g", revision: 4 });
  expect(await store.db.invites.count()).toBe(1);
  await store.putViews([group("g", 1, { revision: 6 })]);
  expect(await store.db.invites.count()).toBe(0);
});
