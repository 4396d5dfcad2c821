import { describe, expect, it } from "vitest";
import type { PresenceState } from "../../api/types.ts";
import type { PersonRow } from "../../db/schema.ts";
import { listsOf, matches } from "./lists.ts";

const me = "me";

function person(id: string, more: Partial<PersonRow> = {}): PersonRow {
  return { id, username: `@${id}`, displayName: id, revision: 1, ...more };
}

function friend(id: string, more: Partial<PersonRow> = {}): PersonRow {
  return person(id, { friendship: { id: `f-${id}`, status: "accepted", requesterId: id, addresseeId: me }, ...more });
}

function asked(id: string, byMe: boolean, friendSince: string): PersonRow {
  const [requesterId, addresseeId] = byMe ? [me, id] : [id, me];
  return person(id, { friendship: { id: `f-${id}`, status: "pending", requesterId, addresseeId }, friendSince });
}

function here(...states: PresenceState[]): ReadonlyMap<string, PresenceState> {
  return new Map(states.map((state) => [state.userId, state]));
}

const ids = (rows: readonly PersonRow[]) => rows.map((row) => row.id);

describe("lists of friends", () => {
  it("puts everybody where they belong, and nobody twice", () => {
    const people = [
      person("me"),
      person("stranger"),
      friend("ben"),
      asked("tom", false, "2026-11-26T08:00:00Z"),
      asked("nour", true, "2026-11-25T08:00:00Z"),
      friend("zoe", { blockedByMe: true, blockedSince: "2026-11-01T08:00:00Z" }),
    ];
    const lists = listsOf(people, here(), me);
    expect(ids(lists.others)).toEqual(["ben"]);
    expect(ids(lists.incoming)).toEqual(["tom"]);
    expect(ids(lists.outgoing)).toEqual(["nour"]);
    expect(ids(lists.blocked)).toEqual(["zoe"]);
    expect(lists.online).toEqual([]);
  });

  it("has the newest requests first", () => {
    const people = [asked("old", false, "2026-11-01T08:00:00Z"), asked("new", false, "2026-11-26T08:00:00Z")];
    expect(ids(listsOf(people, here(), me).incoming)).toEqual(["new", "old"]);
  });

  it("has those who are here before those who are away, by name", () => {
    const presence = here(
      { userId: "ada", status: "away" },
      { userId: "mira", status: "online" },
      { userId: "ben", status: "online" },
      { userId: "jo", status: "offline" },
      { userId: "eve", status: "online", hidden: true },
    );
    const lists = listsOf(
      ["mira", "jo", "eve", "ada", "ben"].map((id) => friend(id)),
      presence,
      me,
    );
    expect(ids(lists.online)).toEqual(["ben", "mira", "ada"]);
    expect(ids(lists.others)).toEqual(["eve", "jo"]);
  });

  it("finds by the beginnings of words, without accents, and by username", () => {
    const lea = person("lea", { username: "@lea_f", displayName: "Léa Fontaine-Moreau", firstName: "Léonie" });
    for (const query of ["", "lea", "LÉA", "font", "mor", "lea font", "leonie", "@lea", "lea_"]) {
      expect(matches(lea, query), query).toBe(true);
    }
    for (const query of ["ontaine", "tom", "lea tom", "@font"]) expect(matches(lea, query), query).toBe(false);
  });
});
