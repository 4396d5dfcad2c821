import { describe, expect, it } from "vitest";
import type { PresenceState } from "../../api/types.ts";
import { entriesOf } from "./order.ts";
import { conversation, message, user, waiting } from "./testing.ts";
import { isMuted, type ListData, personFace, spoken, unreadText, viewOf } from "./view.ts";

const online: PresenceState = { userId: "ada", status: "online" };

function data(more: Partial<ListData> = {}): ListData {
  const rest = { people: new Map(), activity: new Map(), drafts: new Map([["conversation:c", "I could"]]) };
  return { me: "me", presence: new Map([["ada", online]]), connected: true, now: 0, ...rest, ...more };
}

const chat = conversation("c", {
  other: user("ada", { displayName: "Ada Okafor" }),
  lastMessage: message(),
  unreadCount: 2,
});

function view(more = chat, shown = data(), open = false) {
  const [entry] = entriesOf([more], []);
  if (entry === undefined) throw new Error("no entry");
  return viewOf(entry, shown, open);
}

describe("a row", () => {
  it("says its name, and what it shows by signs alone", () => {
    expect(spoken(view({ ...chat, pinned: true }))).toEqual(["Ada Okafor", "online", "2 unread", "pinned"]);
    expect(spoken(view({ ...chat, unreadCount: 0 }, data({ connected: false })))).toEqual(["Ada Okafor"]);
  });

  it("shows the draft but where the conversation is open, which has it", () => {
    expect(view().line.kind).toBe("draft");
    expect(view(chat, data(), true).line.kind).toBe("said");
  });

  it("leads to the conversation, or to the person where there is none", () => {
    expect(view().href).toBe("/c/c");
    const [entry] = entriesOf([], [waiting("person:tom")]);
    expect(entry && viewOf(entry, data(), false).href).toBe("/u/tom");
  });

  it("shows nobody's presence without a connection, or where it is hidden", () => {
    expect(view().presence).toBe("online");
    expect(view(chat, data({ connected: false })).presence).toBeNull();
    const hidden = new Map([["ada", { ...online, hidden: true }]]);
    expect(view(chat, data({ presence: hidden })).presence).toBeNull();
  });

  it("has a group as a place with its title", () => {
    expect(view(conversation("g", { kind: "group", title: "Alpine weekend" }))).toMatchObject({
      kind: "group",
      name: "Alpine weekend",
      presence: null,
    });
  });

  it("says where somebody was called, as long as that is unread", () => {
    const called = conversation("g", { kind: "group", title: "Foxes", unreadCount: 3, mentionCount: 1 });
    expect(spoken(view(called))).toEqual(["Foxes", "3 unread", "You were mentioned"]);
    expect(view({ ...called, unreadCount: 0 }).mentioned).toBe(false);
  });

  it("has a name even of who is no more", () => {
    expect(personFace(undefined, data()).name).toBe("Deleted user");
  });
});

describe("unread counts", () => {
  it("end where the server's end, and say so", () => {
    expect(unreadText(conversation("c"))).toBe("");
    expect(unreadText(conversation("c", { unreadCount: 12 }))).toBe("12");
    expect(unreadText(conversation("c", { unreadCount: 999, unreadCapped: true }))).toBe("999+");
  });
});

describe("muting", () => {
  it("ends at its time", () => {
    const muted = conversation("c", { mutedUntil: "1970-01-01T00:00:01Z" });
    expect(isMuted(muted, 999)).toBe(true);
    expect(isMuted(muted, 1000)).toBe(false);
  });
});
