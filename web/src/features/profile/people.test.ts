import { describe, expect, it } from "vitest";
import type { PersonRow } from "../../db/schema.ts";
import { fullNameOf, nameOf, relationOf } from "./person.ts";
import { dayInSentence, monthText, presenceText, shownPresence } from "./presence.ts";

const now = new Date(2026, 10, 27, 14, 32).getTime();
const at = (...parts: [number, number, number, number?, number?]) => new Date(...parts).toISOString();
const row = (more: Partial<PersonRow>): PersonRow => ({
  id: "tom",
  username: "@tom",
  displayName: "Tom Becker",
  revision: 1,
  ...more,
});

describe("somebody", () => {
  it("is what the friendship and the block make of them", () => {
    const friendship = (status: "accepted" | "pending", requesterId: string) =>
      row({ friendship: { id: "f", status, requesterId, addresseeId: requesterId === "me" ? "tom" : "me" } });
    expect(relationOf(row({}), "me")).toBe("none");
    expect(relationOf(row({}), "tom")).toBe("self");
    expect(relationOf(friendship("accepted", "me"), "me")).toBe("friend");
    expect(relationOf(friendship("pending", "me"), "me")).toBe("outgoing");
    expect(relationOf(friendship("pending", "tom"), "me")).toBe("incoming");
    expect(relationOf({ ...friendship("accepted", "me"), blockedByMe: true }, "me")).toBe("blocked");
  });

  it("has a name in any case", () => {
    expect(nameOf(row({ displayName: "" }))).toBe("@tom");
    expect(fullNameOf({ lastName: "Becker" })).toBe("Becker");
    expect(fullNameOf({ firstName: "Thomas", lastName: "Becker" })).toBe("Thomas Becker");
    expect(fullNameOf({})).toBe("");
  });
});

describe("presence in words", () => {
  const lastSeen = (iso: string) => presenceText({ userId: "tom", status: "offline", lastSeen: iso }, {}, now);

  it("says who is here", () => {
    expect(presenceText({ userId: "tom", status: "online" }, {}, now)).toBe("Online");
    expect(presenceText({ userId: "tom", status: "away" }, {}, now)).toBe("Away");
  });

  it("says since when somebody is gone, as exactly as it matters", () => {
    expect(lastSeen(at(2026, 10, 27, 13, 20))).toBe("Last seen today at 13:20");
    expect(lastSeen(at(2026, 10, 26, 23, 59))).toBe("Last seen yesterday");
    expect(lastSeen(at(2026, 10, 23, 9))).toBe("Last seen on Monday");
    expect(lastSeen(at(2026, 4, 2))).toMatch(/^Last seen on (2 May|May 2)$/u);
    expect(lastSeen(at(2025, 4, 2))).toMatch(/2025$/u);
    expect(presenceText({ userId: "tom", status: "offline" }, { lastSeen: at(2026, 10, 26) }, now)).toBe(
      "Last seen yesterday",
    );
  });

  it("is silent where it is hidden or unknown, even if something came with it", () => {
    expect(presenceText(undefined, { lastSeen: at(2026, 1, 1) }, now)).toBeNull();
    expect(presenceText({ userId: "tom", status: "offline" }, {}, now)).toBeNull();
    expect(
      presenceText({ userId: "tom", status: "online", hidden: true, lastSeen: at(2026, 1, 1) }, {}, now),
    ).toBeNull();
    expect(shownPresence({ userId: "tom", status: "offline" })).toBeNull();
  });
});

describe("days", () => {
  it("are words while they are near", () => {
    expect(dayInSentence(at(2026, 10, 27, 1), now)).toBe("today");
    expect(dayInSentence(at(2026, 10, 26, 1), now)).toBe("yesterday");
    expect(dayInSentence(at(2026, 10, 24, 1), now)).toBe("3 days ago");
    expect(dayInSentence(at(2026, 10, 28, 1), now)).toBe("today");
    expect(dayInSentence(at(2026, 4, 12), now)).toMatch(/May/u);
  });

  it("of months have their year where it is not clear", () => {
    expect(monthText(at(2026, 4, 12), now)).toBe("May");
    expect(monthText(at(2025, 2, 12), now)).toBe("March 2025");
    expect(monthText(at(2026, 2, 12), now, true)).toBe("March 2026");
  });
});
