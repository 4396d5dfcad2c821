import type { GroupDetails, GroupInfo, GroupMember } from "../../api/types.ts";
import type { GroupEvent } from "../../engine/engine.ts";
import type { Role } from "./rules.ts";

/** What is told of a group that changes its roster. */
export type RosterNews = Extract<GroupEvent, { event: keyof typeof CHANGES }>;

const CHANGES = {
  "group.member_joined": true,
  "group.member_left": true,
  "group.member_removed": true,
  "group.role_changed": true,
  "group.updated": true,
  "group.join_requested": true,
  "group.invite_declined": true,
} as const;

export function isRosterNews(news: GroupEvent): news is RosterNews {
  return news.event in CHANGES;
}

/** A group with those of its members that were read. */
export interface Roster {
  group: GroupInfo;
  /** Who is in it or invited, in the server's order. */
  members: readonly GroupMember[];
  /** Who wants to be in it. */
  requests: readonly GroupMember[];
  /** There are more behind them. */
  nextCursor?: string;
  myRole: Role | undefined;
  /** Up to this entry of the log all is in it. */
  seq: number;
}

/** What was read first. */
export function rosterOf(read: GroupDetails): Roster {
  return {
    group: read.group,
    ...parted(read.members),
    ...(read.nextCursor && { nextCursor: read.nextCursor }),
    myRole: read.myStatus === "joined" ? read.myRole : undefined,
    seq: read.group.headSeq ?? 0,
  };
}

/** With the page that lies behind. */
export function withPage(roster: Roster, page: GroupDetails): Roster {
  const { nextCursor: _, ...rest } = withRead(roster, page.members);
  return { ...rest, ...(page.nextCursor && { nextCursor: page.nextCursor }) };
}

/** With more of those who stand there. Who has moved meanwhile is in it once. */
export function withRead(roster: Roster, read: readonly GroupMember[]): Roster {
  const known = new Set([...roster.members, ...roster.requests].map(({ user }) => user.id));
  const { members, requests } = parted(read.filter(({ user }) => !known.has(user.id)));
  return {
    ...roster,
    members: [...roster.members, ...members].sort(inOrder),
    requests: [...roster.requests, ...requests],
  };
}

function parted(read: readonly GroupMember[]): Pick<Roster, "members" | "requests"> {
  return {
    members: read.filter(({ status }) => status !== "requested"),
    requests: read.filter(({ status }) => status === "requested"),
  };
}

/** After something that was told; the same, if that is in it already. */
export function told(roster: Roster, news: RosterNews, me: string, now: number): Roster {
  const seq = "seq" in news.data ? news.data.seq : undefined;
  if (seq !== undefined && seq <= roster.seq) return roster;
  const next = changed(roster, news, me, now);
  return seq === undefined ? next : { ...next, seq };
}

function changed(roster: Roster, { event, data }: RosterNews, me: string, now: number): Roster {
  switch (event) {
    case "group.member_joined":
      return counting(withMember(roster, data.member), data.memberCount);
    case "group.member_left":
    case "group.member_removed":
      return counting(without(roster, data.member.user.id), data.memberCount);
    case "group.role_changed":
      return withRole(roster, data.userId, data.role, me);
    case "group.updated":
      return { ...roster, group: data.group };
    case "group.join_requested": {
      // It is no entry of the log: that they were let in may have been heard before.
      if (roster.members.some(({ user, status }) => user.id === data.user.id && status === "joined")) return roster;
      const asking = { role: "member", status: "requested", joinedAt: new Date(now).toISOString() } as const;
      const others = without(roster, data.user.id);
      // By name and picture alone: any other view of them is newer.
      return { ...others, requests: [...others.requests, { user: { ...data.user, revision: 0 }, ...asking }] };
    }
    case "group.invite_declined":
      return without(roster, data.user.id);
  }
}

function counting(roster: Roster, memberCount: number): Roster {
  return { ...roster, group: { ...roster.group, memberCount } };
}

function without(roster: Roster, userId: string): Roster {
  const isOther = ({ user }: GroupMember) => user.id !== userId;
  return { ...roster, members: roster.members.filter(isOther), requests: roster.requests.filter(isOther) };
}

/** One more, or one who is something else now; not one who belongs behind what was read. */
function withMember(roster: Roster, member: GroupMember): Roster {
  const before = [...roster.members, ...roster.requests].find(({ user }) => user.id === member.user.id);
  const others = without(roster, member.user.id);
  // What is told has the name and picture alone.
  const user = before !== undefined && before.user.revision > member.user.revision ? before.user : member.user;
  const last = others.members.at(-1);
  const shown = { ...member, user };
  if (roster.nextCursor !== undefined && (last === undefined || inOrder(shown, last) > 0)) return others;
  return { ...others, members: [...others.members, shown].sort(inOrder) };
}

function withRole(roster: Roster, userId: string, role: Role, me: string): Roster {
  const mine = userId === me ? { myRole: role } : {};
  const member = roster.members.find(({ user }) => user.id === userId);
  return { ...(member === undefined ? roster : withMember(roster, { ...member, role })), ...mine };
}

const RANKS: Readonly<Record<Role, number>> = { owner: 0, admin: 1, member: 2 };

function rankOf({ role, status }: GroupMember): number {
  return status === "joined" ? RANKS[role] : 3;
}

/** Owners first, who is not in yet last: as the server reads them. */
function inOrder(one: GroupMember, other: GroupMember): number {
  return rankOf(one) - rankOf(other) || (one.user.id < other.user.id ? -1 : 1);
}

/** How many are invited; undefined: not all were read. */
export function invitedCount({ members, nextCursor }: Roster): number | undefined {
  return nextCursor === undefined ? members.filter(({ status }) => status === "invited").length : undefined;
}

/** What becomes of a group when somebody leaves it. */
export type Leaving =
  | { kind: "plain" }
  /** Nobody is left who could have it. */
  | { kind: "ends" }
  /** Who has it then; nobody: that lies behind what was read. */
  | { kind: "inherited"; heir: GroupMember | undefined };

export function leaving(roster: Roster, me: string): Leaving {
  if (roster.myRole !== "owner") return { kind: "plain" };
  const others = roster.members.filter(({ user, status }) => status === "joined" && user.id !== me);
  if (others.some(({ role }) => role === "owner")) return { kind: "plain" };
  if (roster.group.memberCount <= 1) return { kind: "ends" };
  const admins = others.filter(({ role }) => role === "admin");
  // Admins stand before members: with one of these all of them are there.
  const all = roster.nextCursor === undefined || others.some(({ role }) => role === "member");
  if (admins.length > 0 && all) return { kind: "inherited", heir: longest(admins) };
  return { kind: "inherited", heir: roster.nextCursor === undefined ? longest(others) : undefined };
}

/** Who has been what they are for longest. */
function longest(members: readonly GroupMember[]): GroupMember | undefined {
  const since = ({ joinedAt = "", user }: GroupMember) => `${joinedAt} ${user.id}`;
  return [...members].sort((one, other) => (since(one) < since(other) ? -1 : 1))[0];
}

/** Whether the caller can stop being owner: somebody else is. */
export function hasOtherOwner({ members }: Pick<Roster, "members">, me: string): boolean {
  return members.some(({ user, role, status }) => role === "owner" && status === "joined" && user.id !== me);
}
