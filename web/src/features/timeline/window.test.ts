import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Message } from "../../api/types.ts";
import { ChatrDatabase, type ConversationRow } from "../../db/schema.ts";
import { MessageWindow, PAGE } from "./window.ts";

const C = "c";
let db: ChatrDatabase;
let asked: string[];
let window: MessageWindow;

function message(seq: number): Message {
  const sender = { id: "ada", username: "@ada", displayName: "Ada" };
  const createdAt = new Date(seq * 1000).toISOString();
  return { id: `m${seq}`, conversationId: C, seq, sender, type: "text", content: `${seq}`, createdAt };
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

async function stretch(fromSeq: number, toSeq: number): Promise<void> {
  await db.messages.bulkPut(range(fromSeq, toSeq).map(message));
  const all = await db.stretches.toArray();
  const touching = all.filter((each) => each.fromSeq <= toSeq + 1 && each.toSeq >= fromSeq - 1);
  await db.stretches.bulkDelete(touching.map((each) => [C, each.fromSeq]));
  const from = Math.min(fromSeq, ...touching.map((each) => each.fromSeq));
  const to = Math.max(toSeq, ...touching.map((each) => each.toSeq));
  await db.stretches.put({ conversationId: C, fromSeq: from, toSeq: to });
}

async function arrives(seq: number): Promise<void> {
  await db.transaction("rw", db.messages, db.stretches, db.conversations, async () => {
    await stretch(seq, seq);
    await db.conversations.update(C, { logSeq: seq, headSeq: seq });
  });
}

/** Until the window says so. */
function until(said: () => boolean): Promise<void> {
  if (said()) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = window.subscribe(() => {
      if (!said()) return;
      stop();
      resolve();
    });
  });
}

const seqs = () => window.state().messages.map((each) => each.seq);

beforeEach(async () => {
  db = new ChatrDatabase(`window-${Math.random()}`);
  asked = [];
  const row: Partial<ConversationRow> = {
    id: C,
    kind: "direct",
    logSeq: 1000,
    headSeq: 1000,
    request: 0,
    unreadCount: 0,
  };
  await db.conversations.put(row as ConversationRow);
  window = new MessageWindow(
    {
      db,
      loadBefore: async (_, seq) => {
        asked.push(`before ${seq}`);
        await stretch(Math.max(1, seq - 50), seq - 1);
      },
      loadAfter: async (_, seq) => {
        asked.push(`after ${seq}`);
        await stretch(seq + 1, Math.min(1000, seq + 50));
      },
      loadAround: async (_, seq) => {
        asked.push(`around ${seq}`);
        await stretch(seq - 25, seq + 25);
      },
    },
    C,
  );
});

afterEach(() => {
  window.close();
  db.close();
});

describe("the window on a conversation", () => {
  it("opens with the newest page without asking for what is here", async () => {
    await stretch(700, 1000);
    await window.open();
    expect(seqs()).toEqual(range(1000 - PAGE + 1, 1000));
    expect(window.state()).toMatchObject({ ready: true, live: true, atStart: false });
    expect(asked).toEqual([]);
  });

  it("asks for the newest page when nothing is here", async () => {
    await window.open();
    expect(asked).toEqual(["before 1001"]);
    expect(seqs()).toEqual(range(951, 1000));
  });

  it("grows to the start, from the database and then from the server", async () => {
    await db.conversations.update(C, { logSeq: 180 });
    await stretch(60, 180);
    await window.open();
    while (!window.state().atStart) await window.older();
    expect(seqs()).toEqual(range(1, 180));
    expect(asked).toEqual(["before 60", "before 10"]);
  });

  it("opens around a place, and grows from there to the newest", async () => {
    await window.open(900);
    expect(asked).toEqual(["around 900"]);
    expect(window.state().live).toBe(false);
    while (!window.state().live) await window.newer();
    expect(seqs()).toEqual(range(875, 1000));
  });

  it("shows what arrives, and only when it is at the newest", async () => {
    await stretch(900, 1000);
    await window.open();
    await arrives(1001);
    await until(() => seqs().at(-1) === 1001);
    await window.open(500);
    await arrives(1002);
    expect(seqs().at(-1)).toBe(525);
  });

  it("shows an edit, and keeps the other messages as they are", async () => {
    await stretch(900, 1000);
    await window.open();
    const before = window.state().messages;
    await db.messages.update("m1000", { content: "changed", edited: true });
    await until(() => window.state().messages.at(-1)?.content === "changed");
    expect(window.state().messages[0]).toBe(before[0]);
  });

  it("keeps all messages of a busy conversation, in order", async () => {
    await stretch(990, 1000);
    await window.open();
    for (const seq of range(1001, 1000 + 3 * PAGE)) await arrives(seq);
    await until(() => seqs().at(-1) === 1000 + 3 * PAGE);
    expect(seqs()).toEqual(range(990, 1000 + 3 * PAGE));
  }, 30_000);

  it("shows nothing behind a gap that opens", async () => {
    await stretch(900, 1000);
    await window.open();
    await db.transaction("rw", db.messages, db.stretches, db.conversations, async () => {
      await stretch(1500, 1510);
      await db.conversations.update(C, { logSeq: 1510, headSeq: 1510 });
    });
    await until(() => !window.state().live);
    expect(seqs().at(-1)).toBe(1000);
    await window.open();
    expect(seqs()).toEqual(range(1500, 1510));
  });

  it("goes on by itself when what was missing behind it has come", async () => {
    await stretch(900, 990);
    await window.open();
    expect(window.state().live).toBe(false);
    await stretch(991, 1000);
    await until(() => window.state().live);
    await arrives(1001);
    await until(() => seqs().at(-1) === 1001);
    expect(seqs()).toEqual(range(1001 - seqs().length + 1, 1001));
  });

  it("comes to the end when only what is far from it is here", async () => {
    await stretch(100, 300);
    await window.open();
    expect(seqs().at(-1)).toBe(300);
    await until(() => window.state().live);
    expect(seqs()).toEqual(range(951, 1000));
    expect(asked).toEqual(["before 1001"]);
  });

  it("takes nothing that was asked for another place", async () => {
    await stretch(100, 300);
    await stretch(900, 1000);
    await window.open(200);
    const read = window.newer();
    await window.open();
    await read;
    expect(seqs()).toEqual(range(1000 - PAGE + 1, 1000));
  });

  it("takes nothing twice that was asked for while another place was opened", async () => {
    await stretch(100, 200);
    await stretch(900, 1000);
    let begun = () => {};
    let done = () => {};
    const asking = new Promise<void>((resolve) => (begun = resolve));
    const answer = new Promise<void>((resolve) => (done = resolve));
    const loadAfter = () => {
      begun();
      return answer;
    };
    window = new MessageWindow({ db, loadBefore: () => answer, loadAround: () => answer, loadAfter }, C);
    await window.open(150);
    const opened = window.open();
    const read = window.newer();
    await asking;
    await opened;
    await stretch(201, 250);
    done();
    await read;
    expect(seqs()).toEqual(range(1000 - PAGE + 1, 1000));
  });

  it("begins anew when all was forgotten", async () => {
    await stretch(900, 1000);
    await window.open();
    await db.transaction("rw", db.messages, db.stretches, db.conversations, async () => {
      await db.messages.clear();
      await db.stretches.clear();
      await db.conversations.update(C, { logSeq: 5, headSeq: 5 });
      await stretch(1, 5);
    });
    await until(() => seqs().length === 5);
    expect(seqs()).toEqual(range(1, 5));
  });

  it("says that what is missing could not be loaded, and shows what is here", async () => {
    const offline = () => Promise.reject(new Error("offline"));
    window = new MessageWindow({ db, loadBefore: offline, loadAfter: offline, loadAround: offline }, C);
    await window.open();
    expect(window.state()).toMatchObject({ ready: true, failed: true, messages: [] });
    await stretch(980, 1000);
    await until(() => seqs().length > 0);
    expect(seqs()).toEqual(range(980, 1000));
    await window.older();
    expect(window.state()).toMatchObject({ failed: true, atStart: false });
  });
});
