import table from "../../../../docs/api/group-rules.json";
import type { GroupInfo, GroupMember } from "../../api/types.ts";

// As the server has it: chatr/ops/groups/rules.py.
export type Act = keyof typeof table.onGroup;
export type ActOnPeople = keyof typeof table.onPeople;
export type Role = GroupMember["role"];

/** Whether somebody may do something in a group that they are in. Without a role nobody may. */
export function may(act: Act, role: Role | undefined, group?: Pick<GroupInfo, "invitePolicy">): boolean {
  if (role === undefined) return false;
  const verdict = table.onGroup[act][role];
  return verdict === "policy" ? group?.invitePolicy === "members" : verdict === "yes";
}

/** Whether somebody calls everybody in a group by `@all`. */
export function mayCallAll(role: Role | undefined, memberCount: number): boolean {
  return role !== undefined && (memberCount <= table.allUpTo || role !== "member");
}

/** Whether somebody may do something to somebody, or to themselves, and there is something to do. */
export function mayOn(act: ActOnPeople, role: Role | undefined, target: Pick<GroupMember, "role" | "status"> | "self") {
  if (role === undefined) return false;
  const whom = target === "self" ? target : target.status === "joined" ? target.role : target.status;
  return table.onPeople[act][role][whom] === "yes";
}
