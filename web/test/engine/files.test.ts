import { afterEach, beforeEach, expect, test } from "vitest";
import { rest } from "../../src/api/rest.ts";
import type { Message } from "../../src/api/types.ts";
import type { NewFile } from "../../src/engine/sends.ts";
import { Device } from "../support/device.ts";
import { Locks } from "../support/locks.ts";
import { type Account, acquaint, eventually, person } from "../support/server.ts";
import { tus } from "../support/tus.ts";

const MB = 1024 * 1024;

let ann: Account;
let ben: Account;
let device: Device;

beforeEach(async () => {
  [ann, ben] = [await person("ann"), await person("ben")];
  await acquaint(ann, ben);
  device = await new Device(ann).start({ tus });
  await device.synced();
});

afterEach(() => device.stop());

/** A text, of which the server takes any. */
function text(name: string, size = 1000): NewFile {
  const line = `${name} `.repeat(100).slice(0, 99);
  return { name, mimeType: "text/plain", blob: new Blob([`${line}\n`.repeat(Math.ceil(size / 100)).slice(0, size)]) };
}

/** What the server has of the conversation, as Ben sees it. */
async function stored(): Promise<Message[]> {
  const { id } = await device.conversation(ben);
  const { items } = await rest("message.history", { conversationId: id }, { origin: ben.url, token: ben.token });
  return items;
}

const at = () => `person:${ben.id}`;
const row = async () => (await device.engine.db.outbox.toArray()).find(({ file }) => file !== undefined);

test("files go with their caption, in their order, and nothing of them is left here", async () => {
  await device.engine.sendFiles(at(), [text("one.txt", 3 * MB), text("two.txt"), text("three.txt")], {
    caption: "All three",
  });
  await device.sent();
  const messages = await stored();
  expect(messages.map(({ content, file }) => [content, file?.name])).toEqual([
    ["All three", "one.txt"],
    ["", "two.txt"],
    ["", "three.txt"],
  ]);
  expect(new Set(messages.map(({ groupId }) => groupId)).size).toBe(1);
  expect(await device.engine.db.outbox.count()).toBe(0);
  expect(await device.engine.db.blobs.count()).toBe(0);
});

test("a text does not wait for a file that was sent before it", async () => {
  device.way.isOpen = false;
  device.way.cut();
  await device.engine.sendFiles(at(), [text("large.txt", 12 * MB)]);
  await device.engine.send(at(), "Here it comes");
  device.way.isOpen = true;
  device.engine.retryConnection();
  await device.sent();
  expect((await stored()).map(({ content, file }) => file?.name ?? content)).toEqual(["Here it comes", "large.txt"]);
});

test("what was cut goes on from there, also after a reload", async () => {
  device.way.most = 6 * MB;
  await device.engine.sendFiles(at(), [text("large.txt", 16 * MB)]);
  await eventually(() => !device.way.isOpen, "cut");
  await device.engine.stop();
  device.way.most = Infinity;
  device.way.isOpen = true;
  await device.arrive({ tus });
  await device.sent();
  expect((await stored()).map(({ file }) => [file?.name, file?.size])).toEqual([["large.txt", 16 * MB]]);
  // Without going on it would be 22 MB and more.
  expect(device.way.sent).toBeLessThan(21 * MB);
});

test("what is refused says so at its place, and holds up nothing", async () => {
  await device.engine.sendFiles(at(), [{ ...text("no.pdf"), mimeType: "application/pdf" }, text("b.txt")]);
  await device.sent();
  expect(await row()).toMatchObject({ state: "failed", error: { code: "unsupported_media" } });
  expect((await stored()).map(({ file }) => file?.name)).toEqual(["b.txt"]);
});

test("a file that is discarded is not sent, and its upload ends at the server", async () => {
  const [clientId = ""] = await device.engine.sendFiles(at(), [text("large.txt", 30 * MB)]);
  const begun = await eventually(async () => (await row())?.file?.uploadUrl);
  await device.engine.discard(clientId);
  await eventually(async () => {
    const headers = { Authorization: `Bearer ${ann.token}`, "Tus-Resumable": "1.0.0" };
    return (await fetch(begun, { method: "HEAD", headers })).status >= 404;
  }, "gone");
  expect(await device.engine.db.blobs.count()).toBe(0);
  await device.engine.send(at(), "Never mind");
  await device.sent();
  expect((await stored()).map(({ content }) => content)).toEqual(["Never mind"]);
});

test("of several tabs the one that leads brings what the others send", async () => {
  const locks = new Locks();
  const name = `chatr:${ann.id}`;
  const one = await new Device(ann, name).start({ locks, tus });
  await one.synced();
  const other = await new Device(ann, name).start({ locks, tus });
  await other.engine.sendFiles(at(), [text("one.txt")]);
  await other.sent();
  const { id } = await other.conversation(ben);
  expect((await other.messages(id)).map(({ file }) => file?.name)).toEqual(["one.txt"]);
  await Promise.all([one.stop(), other.stop()]);
});
