import { describe, expect, it } from "vitest";
import type { ActivityRow } from "../../db/schema.ts";
import { conversation, message } from "../chats/testing.ts";
import { mentionsOf, nextCall } from "./mentions.ts";
import { presenceLine } from "./presenceLine.ts";
import { foremost } from "./useConversation.ts";

const at = (seq: number, mentions: string[] = [], more = {}) => message({ id: `m${seq}`, seq, mentions, ...more });

describe("mentions in a group", () => {
  const known = [
    { id: "all", username: "all" },
    { id: "ada", username: "ada" },
    { id: "ben", username: "ben" },
  ];

  it("are of those whom the server found", () => {
    const ids = (mentions: string[], mentionsAll?: boolean) =>
      mentionsOf({ mentions, ...(mentionsAll && { mentionsAll }) }, { kind: "group", mentions: known }).map(
        ({ id }) => id,
      );
    expect(ids([])).toEqual([]);
    expect(ids(["ben", "gone"])).toEqual(["ben"]);
    expect(ids(["ben"], true)).toEqual(["all", "ben"]);
    expect(mentionsOf({}, { kind: "direct", mentions: known })).toBe(known);
  });

  it("are gone to one after the other, as long as they are unread", () => {
    const messages = [at(4), at(5, ["me"]), at(6, ["ada"]), at(7, [], { mentionsAll: true })];
    expect(nextCall({ readSeq: 3 }, messages, "me")).toEqual({ seq: 5, count: 2 });
    expect(nextCall({ readSeq: 5 }, messages, "me")).toEqual({ seq: 7, count: 1 });
    expect(nextCall({ readSeq: 7 }, messages, "me")).toBeUndefined();
  });

  it("are known of by the server where they are not here", () => {
    const told = { readSeq: 3, firstMentionSeq: 9, mentionCount: 4 };
    expect(nextCall(told, [at(40, ["me"])], "me")).toEqual({ seq: 9, count: 4 });
    expect(nextCall({ ...told, readSeq: 9 }, [at(40, ["me"])], "me")).toEqual({ seq: 40, count: 4 });
  });

  it("are none of one's own, nor of what was taken back", () => {
    const own = at(5, [], { mentionsAll: true, sender: { id: "me", username: "@me", displayName: "Me" } });
    expect(nextCall({ readSeq: 3 }, [own, at(6, ["me"], { unsent: true })], "me")).toBeUndefined();
  });
});

describe("who is at something", () => {
  const row = (userId: string, kind: ActivityRow["kind"] = "typing"): ActivityRow => ({
    conversationId: "c1",
    userId,
    kind,
    until: 1,
  });
  const line = (...activity: ActivityRow[]) => {
    const group = conversation("c1", { kind: "group", memberCount: 8 });
    const nameOf = (id: string) => (id === "unknown" ? undefined : id.toUpperCase());
    const facts = { conversation: group, person: undefined, presence: undefined, online: true, now: new Date(0) };
    return presenceLine({ ...facts, activity, nameOf }).text;
  };

  it("is said in the header of a group, by name as long as they are few", () => {
    expect(line()).toBe("8 members");
    expect(line(row("ada"))).toBe("ADA is typing…");
    expect(line(row("ada"), row("ben"), row("cat"))).toMatch(/^ADA, BEN,? and CAT are typing…$/);
    expect(line(row("ada"), row("ben"), row("cat"), row("dan"))).toBe("4 people are typing…");
    expect(line(row("unknown"))).toBe("Someone is typing…");
    expect(line(row("ben", "recording"), row("ada"))).toBe("BEN is recording…");
  });

  it("is one thing for each of them, and first what says most", () => {
    const draft = { ...row("ada", "draft"), text: "I" };
    const all = foremost([row("ada"), row("ben"), draft, row("ben", "draft"), row("cat", "recording")]);
    expect(all.map(({ userId, kind }) => `${userId} ${kind}`)).toEqual(["cat recording", "ada draft", "ben typing"]);
  });
});
