import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { rest } from "../../src/api/rest.ts";
import { Device } from "../support/device.ts";
import { Locks } from "../support/locks.ts";
import { type Account, acquaint, eventually, person } from "../support/server.ts";

let ann: Account;
let ben: Account;
let locks: Locks;
let one: Device;
let other: Device;

beforeEach(async () => {
  [ann, ben] = [await person("ann"), await person("ben")];
  await acquaint(ann, ben);
  locks = new Locks();
  const name = `chatr:${ann.id}`;
  one = await new Device(ann, name).start({ locks });
  await one.synced();
  other = await new Device(ann, name).start({ locks });
});

afterEach(async () => {
  await Promise.all([one.stop(), other.stop()]);
});

test("one tab has the connection, the other shows the same", async () => {
  const { id } = await rest(
    "message.send",
    { recipientId: ann.id, content: "hello", clientId: crypto.randomUUID() },
    { origin: ben.url, token: ben.token },
  );
  await eventually(() => other.engine.db.messages.get(id));
  expect(other.way.count).toBe(0);
});

test("what a tab that follows sends and calls is done by or told to the one that leads", async () => {
  await other.engine.send(`person:${ben.id}`, "from the other tab");
  await other.sent();
  const { id, lastMessage } = await other.conversation(ben);
  expect(lastMessage?.content).toBe("from the other tab");
  const message = (await other.messages(id))[0];
  const edited = await other.engine.call("message.edit", { id: message?.id ?? "", content: "edited" });
  expect((await one.engine.db.messages.get(edited.id))?.content).toBe("edited");
  expect((await one.engine.db.conversations.get(id))?.logSeq).toBe(2);
});

test("an answer to another tab that comes late takes away nothing that has come since", async () => {
  const write = (content: string) =>
    rest(
      "message.send",
      { recipientId: ann.id, content, clientId: crypto.randomUUID() },
      { origin: ben.url, token: ben.token },
    );
  await write("before");
  const { id } = await other.conversation(ben);
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", async (...request: Parameters<typeof fetch>) => {
    const answer = await fetch(...request);
    if (request[1]?.method !== "DELETE") return answer;
    const next = await write("after");
    await eventually(() => one.engine.db.messages.get(next.id));
    return answer;
  });
  await other.engine.call("conversation.delete", { id }).finally(() => vi.unstubAllGlobals());
  expect(await one.texts(id)).toEqual(["after"]);
  await one.engine.call("conversation.delete", { id });
  expect(await one.engine.db.conversations.get(id)).toBeUndefined();
});

test("when the tab that leads is closed another takes over, and sends what waits once", async () => {
  one.way.isOpen = false;
  one.way.cut();
  const texts = ["one", "two", "three"];
  for (const text of texts) await one.engine.send(`person:${ben.id}`, text);
  await one.engine.stop();
  const stopped = Date.now();
  await other.sent();
  await other.synced();
  expect(Date.now() - stopped).toBeLessThan(3_000);
  const { id } = await other.conversation(ben);
  const { items } = await rest("message.history", { conversationId: id }, { origin: ann.url, token: ann.token });
  expect(items.map((message) => message.content)).toEqual(texts);
});

test("signing out here signs out there, and nothing is left", async () => {
  const name = one.engine.db.name;
  await other.engine.signOut();
  await eventually(() => one.ended.length > 0);
  await one.engine.wipe();
  expect((await indexedDB.databases()).map((database) => database.name)).not.toContain(name);
  await expect(rest("user.me", {}, { origin: ann.url, token: ann.token })).rejects.toMatchObject({
    code: "unauthenticated",
  });
});
