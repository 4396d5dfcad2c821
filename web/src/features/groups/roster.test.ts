import { describe, expect, it } from "vitest";
import type { GroupMember } from "../../api/types.ts";
import { leaving, type Roster, type RosterNews, rosterOf, told, withPage } from "./roster.ts";

const ME = "a";

function member(id: string, role: GroupMember["role"] = "member", more: Partial<GroupMember> = {}): GroupMember {
  const user = { id, username: `@${id}`, displayName: id, revision: 5 };
  return { user, role, status: "joined", joinedAt: `2026-01-0${id.charCodeAt(0) - 96}T00:00:00.000Z`, ...more };
}

function roster(members: GroupMember[], more: Partial<Roster> = {}): Roster {
  const group = { id: "g", name: "Trip", title: "Trip", memberCount: members.length, headSeq: 10 };
  return { ...rosterOf({ group, members, myRole: "owner", myStatus: "joined" }), ...more };
}

const ids = ({ members }: Roster) => members.map(({ user }) => user.id).join("");
const place = { conversationId: "g", groupId: "g" };

function roleOf(userId: string, role: GroupMember["role"], seq: number): RosterNews {
  return { event: "group.role_changed", data: { ...place, seq, userId, role, by: ME } };
}

describe("a roster", () => {
  it("takes what is told once, and nothing that is in it already", () => {
    const before = roster([member("a", "owner"), member("b"), member("c")]);
    expect(told(before, roleOf("c", "admin", 10), ME, 0)).toBe(before);
    const after = told(before, roleOf("c", "admin", 11), ME, 0);
    expect(ids(after)).toBe("acb");
    expect(told(after, roleOf("c", "member", 11), ME, 0)).toBe(after);
  });

  it("knows what one is oneself, whether or not one is among those read", () => {
    const before = roster([member("b", "owner")], { nextCursor: "more" });
    expect(told(before, roleOf(ME, "admin", 11), ME, 0).myRole).toBe("admin");
  });

  it("lets people in, and keeps the better view of them", () => {
    const before = roster([member("a", "owner"), member("b", "member", { status: "invited" })]);
    const named = { ...member("b").user, displayName: "B", revision: 0 };
    const joined = { ...member("b"), user: named };
    const data = { ...place, seq: 11, member: joined, memberCount: 2 };
    const after = told(before, { event: "group.member_joined", data }, ME, 0);
    expect(after.members[1]).toEqual(member("b"));
    expect(after.group.memberCount).toBe(2);
  });

  it("leaves to the next page who belongs there", () => {
    const before = roster([member("a", "owner"), member("c")], { nextCursor: "more" });
    const data = { ...place, seq: 11, member: member("d"), memberCount: 9 };
    expect(ids(told(before, { event: "group.member_joined", data }, ME, 0))).toBe("ac");
    const page = { group: before.group, members: [member("c"), member("d")] };
    const whole = withPage(before, page);
    expect(ids(whole)).toBe("acd");
    expect(whole.nextCursor).toBeUndefined();
  });

  it("has who asks to be let in apart", () => {
    const data = { groupId: "g", user: member("z").user, revision: 3 };
    const after = told(roster([member("a", "owner")]), { event: "group.join_requested", data }, ME, 0);
    expect(after.requests.map(({ user }) => user.id)).toEqual(["z"]);
    expect(ids(after)).toBe("a");
    const joined = { ...place, seq: 11, member: member("z"), memberCount: 2 };
    const inside = told(after, { event: "group.member_joined", data: joined }, ME, 0);
    expect([ids(inside), inside.requests]).toEqual(["az", []]);
    // Heard late.
    expect(told(inside, { event: "group.join_requested", data }, ME, 0)).toBe(inside);
    const read = { group: after.group, members: [member("y", "member", { status: "requested" })] };
    expect(withPage(after, read).requests.map(({ user }) => user.id)).toEqual(["z", "y"]);
  });
});

describe("who leaves", () => {
  it("leaves the group to whom the server chooses", () => {
    expect(leaving(roster([member("a", "owner"), member("b", "owner")]), ME).kind).toBe("plain");
    expect(leaving(roster([member("a", "owner")]), ME).kind).toBe("ends");
    expect(leaving(roster([member("a", "owner"), member("b", "admin")], { myRole: "admin" }), ME).kind).toBe("plain");
    const late = member("c", "admin", { joinedAt: "2026-02-01T00:00:00.000Z" });
    const heir = (members: GroupMember[], more: Partial<Roster> = {}) => {
      const found = leaving(roster(members, more), ME);
      return found.kind === "inherited" ? found.heir?.user.id : undefined;
    };
    expect(heir([member("a", "owner"), late, member("d", "admin"), member("b")])).toBe("d");
    expect(heir([member("a", "owner"), member("c"), member("b")])).toBe("b");
    expect(heir([member("a", "owner"), member("b", "member", { status: "invited" }), member("c")])).toBe("c");
    expect(heir([member("a", "owner"), member("b")], { nextCursor: "more" })).toBeUndefined();
  });
});
