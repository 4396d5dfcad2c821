import { describe, expect, it } from "vitest";
import { type ActOnPeople, may, mayCallAll, mayOn } from "./rules.ts";

const ON_PEOPLE: readonly ActOnPeople[] = ["remove", "promote", "make_owner", "demote", "transfer"];

describe("what one may do in a group", () => {
  it("goes by the role", () => {
    expect(may("update", "admin")).toBe(true);
    expect(may("update", "member")).toBe(false);
    expect(may("delete", "owner")).toBe(true);
    expect(may("delete", "admin")).toBe(false);
    expect(may("see", undefined)).toBe(false);
  });

  it("goes by the group, where members may invite", () => {
    expect(may("invite", "member", { invitePolicy: "members" })).toBe(true);
    expect(may("invite", "member", { invitePolicy: "admins" })).toBe(false);
    expect(may("invite", "member")).toBe(false);
    expect(may("invite", "admin", { invitePolicy: "admins" })).toBe(true);
  });
});

describe("what one may do to people", () => {
  const acts = (role: "owner" | "admin" | "member", target: Parameters<typeof mayOn>[2]) =>
    ON_PEOPLE.filter((act) => mayOn(act, role, target));

  it("never touches an owner", () => {
    for (const role of ["owner", "admin", "member"] as const) {
      expect(acts(role, { role: "owner", status: "joined" })).toEqual([]);
    }
  });

  it("is what there is to do", () => {
    expect(acts("owner", { role: "admin", status: "joined" })).toEqual(["remove", "make_owner", "demote", "transfer"]);
    expect(acts("owner", { role: "member", status: "joined" })).toEqual([
      "remove",
      "promote",
      "make_owner",
      "transfer",
    ]);
    expect(acts("admin", { role: "member", status: "joined" })).toEqual(["remove", "promote"]);
    expect(acts("admin", { role: "member", status: "requested" })).toEqual(["remove"]);
    expect(acts("member", { role: "member", status: "joined" })).toEqual([]);
    expect(acts("admin", "self")).toEqual(["demote"]);
  });
});

it("lets everybody call all in a small group, and owners and admins in a large one", () => {
  expect([mayCallAll("member", 50), mayCallAll("member", 51), mayCallAll("admin", 51)]).toEqual([true, false, true]);
  expect(mayCallAll(undefined, 3)).toBe(false);
});
