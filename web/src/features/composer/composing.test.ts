import { describe, expect, it } from "vitest";
import type { Message } from "../../api/types.ts";
import { matching, queryAt } from "./completion.ts";
import { type ComposingAction, composing, draftOf, nothing } from "./composing.ts";

const ada = { id: "ada", username: "@ada", displayName: "Ada Okafor" };
const one: Message = { id: "1", conversationId: "c", seq: 1, sender: ada, type: "text", content: "one", createdAt: "" };
const two: Message = { ...one, id: "2", seq: 2, content: "two" };

const play = (...actions: ComposingAction[]) => actions.reduce(composing, nothing);

describe("composing", () => {
  it("keeps what was typed when a reply begins, and when it is given up", () => {
    const replying = play({ do: "type", text: "hi" }, { do: "reply", to: one });
    expect(replying).toMatchObject({ text: "hi", mode: { kind: "reply", to: one } });
    expect(composing(replying, { do: "cancel" })).toMatchObject({ text: "hi", mode: { kind: "new" } });
  });

  it("brings back text and reply when an edit is given up or saved", () => {
    const editing = play({ do: "type", text: "hi" }, { do: "reply", to: one }, { do: "edit", message: two });
    expect(editing.text).toBe("two");
    for (const end of ["cancel", "done"] as const) {
      const back = composing(composing(editing, { do: "type", text: "changed" }), { do: end });
      expect(back).toMatchObject({ text: "hi", mode: { kind: "reply", to: one } });
    }
  });

  it("keeps the draft, not the text of the first edit, when a second edit begins", () => {
    const editing = play({ do: "type", text: "hi" }, { do: "edit", message: one }, { do: "edit", message: two });
    expect(draftOf(editing)).toEqual({ text: "hi", replyTo: undefined });
    expect(composing(editing, { do: "cancel" }).text).toBe("hi");
  });

  it("leaves an edit when a reply begins", () => {
    const replying = play({ do: "type", text: "hi" }, { do: "edit", message: two }, { do: "reply", to: one });
    expect(replying).toMatchObject({ text: "hi", mode: { kind: "reply", to: one } });
  });

  it("is empty when it has been sent", () => {
    const sent = play({ do: "type", text: "hi" }, { do: "reply", to: one }, { do: "done" });
    expect(sent).toMatchObject({ text: "", mode: { kind: "new" } });
  });

  it("puts a completion in the place of what asked for it", () => {
    expect(play({ do: "type", text: "I @a do" }, { do: "insert", text: "@ada ", from: 2, to: 4 }).text).toBe(
      "I @ada  do",
    );
  });
});

describe("what is completed", () => {
  const at = (text: string) => queryAt(text, text.length);
  it("is a person after @, from the first letter on", () => {
    expect(at("hello @")).toEqual({ kind: "person", word: "", from: 6, to: 7 });
    expect(at("@Ad")?.word).toBe("Ad");
    expect(at("me@example")).toBeUndefined();
  });
  it("is an emoji after a colon and two letters", () => {
    expect(at("so :mo")).toEqual({ kind: "emoji", word: "mo", from: 3, to: 6 });
    expect(at(":m")).toBeUndefined();
    expect(at("at 10:30")).toBeUndefined();
    expect(at(":)")).toBeUndefined();
  });
  it("finds people by username and by each part of the name", () => {
    expect(matching([ada], "oka")).toEqual([ada]);
    expect(matching([ada], "ad")).toEqual([ada]);
    expect(matching([ada], "x")).toEqual([]);
  });
});
