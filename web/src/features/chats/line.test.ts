import { describe, expect, it } from "vitest";
import type { ActivityRow } from "../../db/schema.ts";
import { type LineParts, lineOf, shortName, tickOf } from "./line.ts";
import { conversation, message, waiting } from "./testing.ts";

const typing: ActivityRow = { conversationId: "c1", userId: "ada", kind: "typing", until: 2000 };
const failed = waiting("conversation:c1", { state: "failed" });
const own = { id: "me", username: "@me", displayName: "Me" };

function line(more: Partial<LineParts> = {}) {
  const chat = conversation("c1", { lastMessage: message() });
  return lineOf({ conversation: chat, waiting: [], activity: [], me: "me", now: 1000, nameOf: () => "Ada", ...more });
}

describe("the second line of a chat", () => {
  it("says first what was not sent, then who types, then the draft, then what was last said", () => {
    const all = { waiting: [failed], activity: [typing], draft: "I could" };
    expect(line(all)).toEqual({ kind: "failed" });
    expect(line({ ...all, waiting: [] })).toEqual({ kind: "active", text: "typing…" });
    expect(line({ draft: "I could" })).toEqual({ kind: "draft", text: "I could" });
    expect(line()).toEqual({ kind: "said", text: "hello" });
  });

  it("forgets who types when it is over, and never says it of oneself", () => {
    expect(line({ activity: [typing], now: 2000 }).kind).toBe("said");
    expect(line({ activity: [{ ...typing, userId: "me" }] }).kind).toBe("said");
  });

  it("says who it is in a group", () => {
    const group = conversation("c1", { kind: "group", lastMessage: message() });
    expect(line({ conversation: group, activity: [typing] })).toEqual({ kind: "active", text: "Ada is typing…" });
    expect(line({ conversation: group })).toEqual({ kind: "said", who: "Ada:", text: "hello" });
    const mine = { ...group, lastMessage: message({ sender: own }) };
    expect(line({ conversation: mine })).toEqual({ kind: "said", who: "You:", text: "hello" });
  });

  it("tells what happened in a group as the group does", () => {
    const last = message({ type: "system", event: "renamed", content: "Wolves" });
    expect(line({ conversation: conversation("c1", { kind: "group", lastMessage: last }) })).toEqual({
      kind: "told",
      parts: [
        { text: "Ada Okafor", name: true },
        { text: " changed the name to ", name: false },
        { text: "Wolves", name: true },
      ],
    });
  });

  it("has a clock at what waits", () => {
    expect(line({ waiting: [waiting("conversation:c1")] })).toEqual({ kind: "said", tick: "pending", text: "later" });
  });

  it("has no content of what was unsent", () => {
    const unsent = conversation("c1", { lastMessage: message({ unsent: true, content: "" }) });
    expect(line({ conversation: unsent })).toEqual({ kind: "said", text: "Ada unsent a message" });
    const group = { ...unsent, kind: "group" as const };
    expect(line({ conversation: group })).toEqual({ kind: "said", who: "Ada:", text: "Message unsent" });
  });

  it("has words for what is no text", () => {
    const voice = conversation("c1", { lastMessage: message({ type: "audio", content: "" }) });
    expect(line({ conversation: voice })).toEqual({ kind: "said", icon: "voice", text: "Voice note" });
  });

  it("has a text without its form, as much of it as a line can show", () => {
    const long = conversation("c1", { lastMessage: message({ content: `**That** light!\n${"a".repeat(8000)}` }) });
    const { text } = line({ conversation: long }) as { text: string };
    expect(text.slice(0, 13)).toBe("That light! a");
    expect(text.length).toBeLessThanOrEqual(240);
  });

  it("is empty where nothing was said", () => {
    expect(line({ conversation: conversation("c1") })).toEqual({ kind: "nothing", text: "" });
  });
});

describe("ticks", () => {
  it("follow the status or the marks of the other, whichever is further", () => {
    const chat = conversation("c1", { otherDeliveredSeq: 5, otherReadSeq: 4 });
    expect(tickOf(chat, message({ seq: 6, status: "sent" }))).toBe("sent");
    expect(tickOf(chat, message({ seq: 5, status: "sent" }))).toBe("delivered");
    expect(tickOf(chat, message({ seq: 4, status: "sent" }))).toBe("read");
    expect(tickOf(chat, message({ seq: 9, status: "listened" }))).toBe("read");
  });
});

describe("short names", () => {
  it("are the first of the names, or all there is", () => {
    expect(shortName("Mira Castellanos")).toBe("Mira");
    expect(shortName("🏡")).toBe("🏡");
    expect(shortName("")).toBe("");
  });
});
