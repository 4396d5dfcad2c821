import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Message } from "../../api/types.ts";
import { ChatrDatabase } from "../../db/schema.ts";
import { around } from "./around.ts";
import type { Picture } from "./state.ts";

const CONVERSATION = "c";
const FILE = { id: "f", name: "a.jpg", size: 1, mimeType: "image/jpeg", url: "" };

/** Of a log of 400 messages each fiftieth is a picture. */
function message(seq: number): Message {
  const isPicture = seq % 50 === 0;
  return {
    id: `m${seq}`,
    conversationId: CONVERSATION,
    seq,
    sender: { id: "ada", username: "@ada", displayName: "Ada" },
    type: isPicture ? "image" : "text",
    content: "",
    createdAt: "2026-11-24T10:00:00.000Z",
    ...(isPicture && { file: FILE }),
  };
}

const HEAD = 400;
let db: ChatrDatabase;

beforeEach(async () => {
  db = new ChatrDatabase("ada", "around");
  await db.conversations.put({ id: CONVERSATION, headSeq: HEAD } as never);
});
afterEach(() => db.delete());

async function here(from: number, to: number): Promise<void> {
  const all = Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
  await db.messages.bulkPut(all);
}

/** A database with one stretch, to which pages of thirty are added at either end. */
async function withStretch(from: number, to: number) {
  const range = { from, to };
  const keep = async () => {
    await here(range.from, range.to);
    await db.stretches.clear();
    await db.stretches.put({ conversationId: CONVERSATION, fromSeq: range.from, toSeq: range.to });
  };
  await keep();
  return {
    db,
    async loadBefore() {
      range.from = Math.max(1, range.from - 30);
      await keep();
    },
    async loadAfter() {
      range.to = Math.min(HEAD, range.to + 30);
      await keep();
    },
  };
}

const seqs = (messages: readonly Message[]) => messages.map(({ seq }) => seq);

it("begins with what is here without a gap, and goes on at both ends until there is nothing more", async () => {
  const engine = await withStretch(140, 260);
  // Somewhere else in the log there is something too: what lies between is not known.
  await here(350, 351);
  const source = around(engine, CONVERSATION);
  expect(seqs(await source.begin(message(200) as Picture))).toEqual([150, 200, 250]);
  expect(seqs(await source.more("older"))).toEqual([100]);
  expect(seqs(await source.more("newer"))).toEqual([300]);
  expect(seqs(await source.more("older"))).toEqual([50]);
  expect(seqs(await source.more("older"))).toEqual([]);
  expect([...(await source.more("newer")), ...(await source.more("newer"))].map(({ seq }) => seq)).toEqual([350, 400]);
  expect(seqs(await source.more("newer"))).toEqual([]);
});
