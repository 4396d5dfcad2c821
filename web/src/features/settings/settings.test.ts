import "fake-indexeddb/auto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ChatrDatabase, type ConversationRow, type OutboxRow } from "../../db/schema.ts";
import { LICENCES } from "./licences.ts";
import { notifying } from "./notifying.ts";
import { pathOfSection, SECTIONS, sectionOf } from "./sections.ts";
import { clearMessages, keptIn, waitingIn } from "./storage.ts";

const web = new URL("../../../", import.meta.url);
const packageOf = (path: string) => JSON.parse(readFileSync(new URL(path, web), "utf8"));

describe("the pages of the settings", () => {
  it("have paths", () => {
    for (const section of SECTIONS) expect(sectionOf(pathOfSection(section))).toBe(section);
    expect(sectionOf("/settings")).toBeUndefined();
    expect(sectionOf("/settings/nonsense")).toBeUndefined();
  });
});

describe("notifications", () => {
  it("are on where they are wanted and allowed", () => {
    expect(notifying("granted", "on")).toEqual({ on: true, fixed: false, why: "allowed" });
    expect(notifying("granted", "off").on).toBe(false);
    expect(notifying("default", "on")).toEqual({ on: false, fixed: false, why: "notAsked" });
    expect(notifying("denied", "on")).toEqual({ on: false, fixed: true, why: "denied" });
    expect(notifying("none", "on")).toEqual({ on: false, fixed: true, why: "notPossible" });
  });
});

describe("what is kept on the device", () => {
  it("is counted, and messages can go while all else stays", async () => {
    const db = new ChatrDatabase("storage-test");
    const chat = (id: string) => ({ id, kind: "direct", updatedAt: "2026-11-26T10:00:00Z" }) as ConversationRow;
    await db.conversations.bulkPut([chat("c1"), chat("c2"), chat("c3")]);
    const message = (conversationId: string, seq: number) =>
      ({ id: `${conversationId}-${seq}`, conversationId, seq }) as Parameters<typeof db.messages.put>[0];
    await db.messages.bulkPut([message("c1", 1), message("c2", 1), message("c2", 2)]);
    await db.stretches.put({ conversationId: "c2", fromSeq: 1, toSeq: 2 });
    await db.drafts.put({ target: "conversation:c1", text: "later" });
    const kept = await keptIn(db);
    expect(kept).toMatchObject({ messages: 3, chats: 3, people: 0 });
    expect(kept.most.map((each) => [each.conversation.id, each.messages])).toEqual([
      ["c2", 2],
      ["c1", 1],
    ]);
    await clearMessages(db);
    expect(await keptIn(db)).toMatchObject({ messages: 0, chats: 3, most: [] });
    expect(await db.stretches.count()).toBe(0);
    expect(await db.drafts.count()).toBe(1);
    const send = (clientId: string, size?: number) =>
      ({ clientId, ...(size && { file: { name: "a", size, mimeType: "text/plain" } }) }) as OutboxRow;
    await db.outbox.bulkPut([send("a"), send("b", 1000), send("c", 500)]);
    expect(await waitingIn(db)).toEqual({ count: 2, bytes: 1500 });
    await db.delete();
  });
});

describe("licences", () => {
  it("are those of all that the client is made with", () => {
    const { dependencies } = packageOf("package.json");
    expect(Object.keys(LICENCES)).toEqual(Object.keys(dependencies).sort());
    for (const [name, licence] of Object.entries(LICENCES)) {
      expect(packageOf(`node_modules/${name}/package.json`).license, name).toBe(licence);
    }
  });
});
