import { afterEach, beforeEach, expect, test } from "vitest";
import { rest } from "../../src/api/rest.ts";
import type { OperationName, ParamsOf, ResultOf } from "../../src/api/types.ts";
import { statusOf } from "../../src/db/status.ts";
import { Device } from "../support/device.ts";
import { type Account, acquaint, eventually, person } from "../support/server.ts";

let ann: Account;
let ben: Account;
const devices: Device[] = [];

beforeEach(async () => {
  [ann, ben] = [await person("ann"), await person("ben")];
});

afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.stop()));
});

async function device(who: Account, name?: string): Promise<Device> {
  const made = new Device(who, name);
  devices.push(made);
  await made.start();
  await made.synced();
  return made;
}

function by<N extends OperationName>(who: Account, name: N, params: ParamsOf<N>): Promise<ResultOf<N>> {
  return rest(name, params, { origin: who.url, token: who.token });
}

const write = (from: Account, to: Account, content: string) =>
  by(from, "message.send", { recipientId: to.id, content, clientId: crypto.randomUUID() });

test("a send waits in the outbox until it is a message, and moves to the conversation that it begins", async () => {
  await acquaint(ann, ben);
  const anns = await device(ann);
  await anns.engine.send(`person:${ben.id}`, "one");
  await anns.engine.send(`person:${ben.id}`, "two");
  const conversation = await anns.conversation(ben);
  await anns.sent();
  expect(await anns.engine.db.outbox.count()).toBe(0);
  expect(await anns.texts(conversation.id)).toEqual(["one", "two"]);
  expect((await anns.conversation(ben)).lastMessage?.content).toBe("two");
});

test("what others write arrives, is counted, and read", async () => {
  await acquaint(ann, ben);
  const [anns, bens] = [await device(ann), await device(ben)];
  for (const text of ["one", "two", "three"]) await write(ben, ann, text);
  const row = await eventually(async () => {
    const found = await anns.conversation(ben);
    return found.unreadCount === 3 && found;
  });
  expect(await anns.texts(row.id)).toEqual(["one", "two", "three"]);
  anns.engine.markRead(row.id, row.headSeq);
  await eventually(async () => (await anns.conversation(ben)).unreadCount === 0);
  await eventually(async () => (await anns.conversation(ben)).pendingRead === undefined);
  await eventually(async () => (await bens.conversation(ann)).otherReadSeq === row.headSeq);
  await bens.engine.loadBefore(row.id, row.headSeq + 1);
  const [message] = await bens.messages(row.id);
  expect(message && statusOf(message, await bens.conversation(ann), ben.id)).toBe("read");
});

test("what is delivered is said so, but not of a request", async () => {
  const anns = await device(ann);
  await write(ben, ann, "do you know me?");
  const request = await eventually(async () => (await anns.engine.db.conversations.toArray())[0]);
  expect(request.request).toBe(1);
  anns.engine.markRead(request.id, request.headSeq);
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect((await by(ann, "conversation.get", { id: request.id })).deliveredSeq).toBe(0);
  await anns.engine.call("conversation.accept", { id: request.id });
  expect((await anns.conversation(ben)).request).toBe(0);
  await write(ben, ann, "again");
  await eventually(async () => (await by(ann, "conversation.get", { id: request.id })).deliveredSeq === 2);
});

test("edits, reactions and what is unsent change what is here", async () => {
  await acquaint(ann, ben);
  const anns = await device(ann);
  const first = await write(ben, ann, "one");
  const second = await write(ben, ann, "two");
  const { id } = await eventually(async () => {
    const row = await anns.conversation(ben);
    return row.logSeq === 2 && row;
  });
  await by(ben, "message.edit", { id: first.id, content: "one more" });
  await anns.engine.call("message.react", { id: second.id, emoji: "👍" });
  expect((await anns.engine.db.messages.get(second.id))?.reactions).toMatchObject([{ emoji: "👍" }]);
  expect(await anns.texts(id)).toEqual(["one more", "two"]);
  await by(ben, "message.unsend", { id: second.id });
  await eventually(async () => (await anns.engine.db.messages.get(second.id))?.unsent);
  const row = await anns.conversation(ben);
  expect(row.lastMessage).toMatchObject({ id: second.id, unsent: true, content: "" });
  expect(row.unreadCount).toBe(1);
});

test("what was missed while away is here afterwards, and what was written meanwhile leaves", async () => {
  await acquaint(ann, ben);
  const anns = await device(ann);
  await write(ben, ann, "before");
  const { id } = await anns.conversation(ben);
  anns.way.isOpen = false;
  anns.way.cut();
  await eventually(async () => (await anns.connection())?.state === "offline");
  await anns.engine.send(`conversation:${id}`, "mine");
  for (let count = 0; count < 20; count += 1) await write(ben, ann, `missed ${count}`);
  anns.way.isOpen = true;
  anns.engine.retryConnection();
  await anns.sent();
  await eventually(async () => (await anns.texts(id)).length === 22);
  expect((await anns.texts(id)).at(-1)).toBe("mine");
  expect(await anns.engine.db.stretches.where("[conversationId+fromSeq]").above([id, 0]).count()).toBe(1);
});

test("what is refused fails with its code, those behind it leave, and it can be tried again", async () => {
  await acquaint(ann, ben);
  const anns = await device(ann);
  await write(ben, ann, "hello");
  const { id } = await anns.conversation(ben);
  const bad = await anns.engine.send(`conversation:${id}`, " ​ ");
  await anns.engine.send(`conversation:${id}`, "good");
  await eventually(async () => (await anns.engine.db.outbox.get(bad))?.state === "failed");
  await eventually(async () => (await anns.texts(id)).includes("good"));
  expect((await anns.engine.db.outbox.get(bad))?.error).toMatchObject({ code: "invalid" });
  await anns.engine.retry(bad);
  await eventually(async () => (await anns.engine.db.outbox.get(bad))?.state === "failed");
  await anns.engine.discard(bad);
  expect(await anns.engine.db.outbox.count()).toBe(0);
});

test("many sends leave in their order", async () => {
  await acquaint(ann, ben);
  const anns = await device(ann);
  const texts = Array.from({ length: 40 }, (_, index) => `message ${index}`);
  for (const text of texts) {
    await anns.engine.send(`person:${ben.id}`, text);
    if (text.endsWith("7")) anns.engine.cut();
  }
  await anns.sent();
  const { id } = await anns.conversation(ben);
  const { items } = await by(ben, "message.history", { conversationId: id, limit: 100 });
  expect(items.map((message) => message.content)).toEqual(texts);
  // It may have begun while there was no connection: then nobody has looked at it yet.
  await anns.engine.loadBefore(id, (await anns.conversation(ben)).logSeq + 1);
  expect(await anns.texts(id)).toEqual(texts);
});

test("history comes in pages that join, to its beginning", async () => {
  await acquaint(ann, ben);
  for (let count = 0; count < 130; count += 1) await write(ben, ann, `text ${count}`);
  const anns = await device(ann);
  const row = await anns.conversation(ben);
  expect(await anns.messages(row.id)).toHaveLength(0);
  expect(row.lastMessage?.content).toBe("text 129");
  await anns.engine.loadAround(row.id, 20);
  await anns.engine.loadBefore(row.id, row.logSeq + 1);
  const stretches = () => anns.engine.db.stretches.toArray();
  expect(await stretches()).toHaveLength(2);
  await write(ben, ann, "newest");
  const [, top] = await stretches();
  await anns.engine.loadBefore(row.id, top?.fromSeq ?? 0);
  await anns.engine.loadBefore(row.id, (await stretches())[0]?.fromSeq ?? 0);
  await eventually(async () => (await anns.conversation(ben)).logSeq === 131);
  expect(await stretches()).toMatchObject([{ fromSeq: 1, toSeq: 131 }]);
  expect(await anns.messages(row.id)).toHaveLength(131);
});

test("friends, requests and blocks are kept with the people", async () => {
  const [anns, bens] = [await device(ann), await device(ben)];
  const { friendship } = await anns.engine.call("friend.request", { addresseeId: ben.id });
  await eventually(async () => (await bens.engine.db.people.get(ann.id))?.friendship?.status === "pending");
  await bens.engine.call("friend.accept", { friendshipId: friendship.id });
  expect((await bens.engine.db.people.get(ann.id))?.friendship?.status).toBe("accepted");
  await eventually(async () => (await anns.engine.db.people.get(ben.id))?.friendship?.status === "accepted");
  await eventually(async () => (await anns.engine.db.presence.get(ben.id))?.status === "online");
  await anns.engine.call("friend.block", { userId: ben.id });
  expect(await anns.engine.db.people.get(ben.id)).toMatchObject({ blockedByMe: true });
  const fresh = await device(ann);
  expect(await fresh.engine.db.people.get(ben.id)).toMatchObject({
    blockedByMe: true,
    blockedSince: expect.any(String),
  });
});

test("somebody types, until they have written", async () => {
  await acquaint(ann, ben);
  const [anns, bens] = [await device(ann), await device(ben)];
  await write(ben, ann, "hello");
  const { id } = await anns.conversation(ben);
  await bens.conversation(ann);
  bens.engine.typing(id, true);
  await eventually(async () => (await anns.engine.db.activity.toArray())[0]?.kind === "typing");
  await bens.engine.send(`conversation:${id}`, "this");
  await eventually(async () => (await anns.engine.db.activity.count()) === 0);
});

test("a deleted conversation is gone, and comes back with what comes next only", async () => {
  await acquaint(ann, ben);
  const anns = await device(ann);
  await write(ben, ann, "one");
  const { id } = await anns.conversation(ben);
  await anns.engine.call("conversation.delete", { id });
  expect(await anns.engine.db.conversations.get(id)).toBeUndefined();
  expect(await anns.engine.db.messages.count()).toBe(0);
  await write(ben, ann, "two");
  await anns.conversation(ben);
  expect(await anns.texts(id)).toEqual(["two"]);
  await anns.engine.loadBefore(id, 3);
  expect(await anns.texts(id)).toEqual(["two"]);
});

test("a session that ends elsewhere ends here", async () => {
  const anns = await device(ann);
  await by(ann, "session.logout", {});
  await eventually(() => anns.ended.length > 0);
  expect((await anns.connection())?.state).toBe("ended");
});
