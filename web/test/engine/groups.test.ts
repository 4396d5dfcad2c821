import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { rest } from "../../src/api/rest.ts";
import type { OperationName, ParamsOf, ResultOf } from "../../src/api/types.ts";
import type { ConversationRow } from "../../src/db/schema.ts";
import { statusOf } from "../../src/db/status.ts";
import type { GroupEvent } from "../../src/engine/engine.ts";
import { Device } from "../support/device.ts";
import { Locks } from "../support/locks.ts";
import { type Account, eventually, person } from "../support/server.ts";

let ann: Account;
let ben: Account;
let cat: Account;
const devices: Device[] = [];

beforeEach(async () => {
  [ann, ben, cat] = await Promise.all([person("ann"), person("ben"), person("cat")]);
});

afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.stop()));
});

async function device(who: Account): Promise<Device> {
  const made = new Device(who);
  devices.push(made);
  await made.start();
  await made.synced();
  return made;
}

function by<N extends OperationName>(who: Account, name: N, params: ParamsOf<N>): Promise<ResultOf<N>> {
  return rest(name, params, { origin: who.url, token: who.token });
}

/** Ann's group with those who have joined. */
async function group(...members: Account[]): Promise<string> {
  const { id } = await by(ann, "group.create", { name: "Foxes", memberIds: members.map((member) => member.id) });
  for (const member of members) await by(member, "group.accept", { id });
  return id;
}

const write = (from: Account, conversationId: string, content: string) =>
  by(from, "message.send", { conversationId, content, clientId: crypto.randomUUID() });

const row = (on: Device, id: string) => on.engine.db.conversations.get(id);

/** Wait until a group is so on a device. */
const becomes = (on: Device, id: string, so: Partial<ConversationRow>) =>
  vi.waitFor(async () => expect(await row(on, id)).toMatchObject(so), { timeout: 10_000, interval: 15 });

test("an invitation waits until it is answered, on whatever device, or taken back", async () => {
  const [one, other] = [await device(ben), await device(ben)];
  const id = await group();
  const invited = (on: Device) => eventually(() => on.engine.db.invites.get(id), "invited");
  const settled = (on: Device) => eventually(async () => !(await on.engine.db.invites.get(id)), "settled");
  await by(ann, "group.invite", { id, userIds: [ben.id] });
  expect(await invited(one)).toMatchObject({ memberCount: 1, group: { name: "Foxes" }, invitedBy: { id: ann.id } });
  // What was missed is there too.
  expect((await (await device(ben)).engine.db.invites.toArray()).map((invite) => invite.id)).toEqual([id]);
  await by(ann, "group.remove_member", { id, userId: ben.id });
  await settled(one);
  await by(ann, "group.invite", { id, userIds: [ben.id] });
  await invited(one);
  await one.engine.call("group.decline", { id });
  for (const on of [one, other]) await settled(on);
  await by(ann, "group.invite", { id, userIds: [ben.id] });
  await invited(other);
  await one.engine.call("group.accept", { id });
  expect(await one.engine.db.invites.count()).toBe(0);
  expect(await row(one, id)).toMatchObject({ kind: "group", role: "member", memberCount: 2 });
  await settled(other);
  await becomes(other, id, { role: "member" });
});

test("a group is as its log says, on the device that changes it as on all others, without being asked for", async () => {
  const id = await group(ben);
  const [anns, bens] = [await device(ann), await device(ben)];
  const calls = vi.spyOn(globalThis, "fetch");
  const both = async (so: Partial<ConversationRow>) => {
    for (const on of [anns, bens]) await becomes(on, id, so);
  };
  await anns.engine.call("group.update", { id, name: "Wolves", description: "howl" });
  expect(await row(anns, id)).toMatchObject({ title: "Wolves", description: "howl" });
  await both({ title: "Wolves", description: "howl" });
  await by(ann, "group.invite", { id, userIds: [cat.id] });
  await by(cat, "group.accept", { id });
  await both({ memberCount: 3 });
  await anns.engine.call("group.promote", { id, userId: ben.id });
  await becomes(bens, id, { role: "admin" });
  await anns.engine.call("group.transfer_ownership", { id, userId: ben.id });
  expect(await row(anns, id)).toMatchObject({ role: "admin" });
  await becomes(bens, id, { role: "owner" });
  await bens.engine.call("group.update", { id, description: "" });
  for (const on of [anns, bens]) {
    await eventually(async () => !("description" in ((await row(on, id)) ?? {})), "no description");
  }
  await bens.engine.call("group.remove_member", { id, userId: cat.id });
  await both({ memberCount: 2 });
  expect(calls.mock.calls.map(([where]) => String(where)).filter((url) => url.includes("/conversations/"))).toEqual([]);
  calls.mockRestore();
  for (const [on, who] of [
    [anns, ann],
    [bens, ben],
  ] as const) {
    const { headSeq, title, role, memberCount } = await by(who, "conversation.get", { id });
    expect(await row(on, id)).toMatchObject({ headSeq, logSeq: headSeq, title, role, memberCount });
  }
});

test("a group that one is not in any more is gone, and what waits to be sent there says so", async () => {
  const id = await group(ben);
  const bens = await device(ben);
  await write(ann, id, "hello");
  await eventually(async () => (await bens.texts(id)).includes("hello"));
  bens.way.isOpen = false;
  bens.way.cut();
  const clientId = await bens.engine.send(`conversation:${id}`, "too late");
  await by(ann, "group.remove_member", { id, userId: ben.id });
  bens.way.isOpen = true;
  bens.engine.retryConnection();
  await eventually(async () => (await row(bens, id)) === undefined, "gone");
  const failed = await eventually(async () => {
    const found = await bens.engine.db.outbox.get(clientId);
    return found?.state === "failed" && found;
  }, "failed");
  expect(failed.error?.code).toBe("not_found");
  expect(await bens.messages(id)).toEqual([]);
  // Whoever comes back has it again.
  await by(ann, "group.invite", { id, userIds: [ben.id] });
  await bens.engine.call("group.accept", { id });
  await write(ann, id, "there you are");
  await eventually(async () => (await bens.texts(id)).at(-1) === "there you are");
  await by(ann, "group.delete", { id });
  await eventually(async () => (await row(bens, id)) === undefined, "deleted");
});

test("an own message is read when all others have read it, also while one is away", async () => {
  const id = await group(ben, cat);
  const anns = await device(ann);
  const mine = async () => {
    const found = (await anns.messages(id)).findLast((message) => message.type === "text");
    return found && statusOf(found, await row(anns, id), ann.id);
  };
  await anns.engine.send(`conversation:${id}`, "hello");
  await anns.sent();
  const { headSeq: seq } = await by(ann, "conversation.get", { id });
  await by(ben, "message.mark_read", { id, seq });
  await by(cat, "message.mark_delivered", { id, seq });
  await eventually(async () => (await mine()) === "delivered", "delivered");
  anns.way.isOpen = false;
  anns.way.cut();
  await by(cat, "message.mark_read", { id, seq });
  anns.way.isOpen = true;
  anns.engine.retryConnection();
  await eventually(async () => (await mine()) === "read", "read");
  await anns.engine.call("user.update_settings", { privacy: { readReceipts: false } });
  await eventually(async () => (await mine()) === "delivered", "no receipts");
  await anns.engine.call("user.update_settings", { privacy: { readReceipts: true } });
  await eventually(async () => (await mine()) === "read", "read again");
});

test("what only somebody who leaves had not read has been read by all", async () => {
  const id = await group(ben, cat);
  const anns = await device(ann);
  const { id: mine, seq } = await write(ann, id, "hello");
  await by(cat, "message.mark_read", { id, seq });
  await by(ben, "group.leave", { id });
  await eventually(async () => {
    const message = await anns.engine.db.messages.get(mine);
    return message && statusOf(message, await row(anns, id), ann.id) === "read";
  }, "read");
});

test("what calls somebody is counted until it is read, and no more when it is another text", async () => {
  const id = await group(ben);
  const bens = await device(ben);
  await write(ann, id, "nobody");
  const first = await write(ann, id, `@${ben.username}`);
  const second = await write(ann, id, "@all");
  const third = await write(ann, id, `@${ben.username} again`);
  await becomes(bens, id, { unreadCount: 4, mentionCount: 3, firstMentionSeq: first.seq });
  await by(ann, "message.edit", { id: first.id, content: "never mind" });
  await becomes(bens, id, { unreadCount: 4, mentionCount: 2, firstMentionSeq: second.seq });
  await by(ann, "message.unsend", { id: second.id });
  await becomes(bens, id, { unreadCount: 3, mentionCount: 1, firstMentionSeq: third.seq });
  await by(ann, "message.edit", { id: first.id, content: "@all" });
  await becomes(bens, id, { mentionCount: 2, firstMentionSeq: first.seq });
  bens.engine.markRead(id, first.seq);
  await becomes(bens, id, { mentionCount: 1, firstMentionSeq: third.seq });
  // The mark may be under way still.
  await becomes(await device(ben), id, { mentionCount: 1, firstMentionSeq: third.seq });
  bens.engine.markRead(id, third.seq);
  await eventually(async () => (await row(bens, id))?.mentionCount === undefined, "read");
});

test("every tab hears what happens in a group", async () => {
  const id = await group(ben);
  const [locks, name] = [new Locks(), `chatr:${ann.id}:tabs`];
  const [leads, follows] = [new Device(ann, name), new Device(ann, name)];
  devices.push(leads, follows);
  await leads.start({ locks });
  await leads.synced();
  await follows.start({ locks });
  const heard: GroupEvent[][] = [[], []];
  const off = [leads, follows].map((on, index) => on.engine.onGroup(id, (told) => heard[index]?.push(told)));
  await by(ann, "group.update", { id, joinPolicy: "request" });
  await by(cat, "group.request_to_join", { id });
  await follows.engine.call("group.invite", { id, userIds: [cat.id] });
  await by(ann, "group.promote", { id, userId: cat.id });
  const events = ["group.updated", "group.join_requested", "group.member_joined", "group.role_changed"];
  for (const told of heard) {
    await eventually(() => told.length >= events.length, "heard");
    const names = told.map(({ event }) => event);
    // What is no entry of the log may come before or behind one that was fetched.
    expect(names).toContain("group.join_requested");
    expect(names.filter((each) => each !== "group.join_requested")).toEqual(
      events.filter((each) => each !== "group.join_requested"),
    );
  }
  for (const stop of off) stop();
  await by(ann, "group.demote", { id, userId: cat.id });
  await becomes(leads, id, { memberCount: 3, headSeq: (await by(ann, "conversation.get", { id })).headSeq });
  expect(heard.map((told) => told.length)).toEqual([4, 4]);
});
