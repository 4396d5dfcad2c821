import {
  ArrowLeftRight,
  Ban,
  CircleUserRound,
  Crown,
  MessageCircle,
  ShieldCheck,
  ShieldOff,
  UserRoundX,
} from "lucide-react";
import type { GroupMember } from "../../api/types.ts";
import { t } from "../../text/groups.ts";
import type { MenuItem } from "../../ui/Menu.tsx";
import type { GroupActs } from "./groupActs.ts";
import { mayOn, type Role } from "./rules.ts";

type MemberActs = Pick<GroupActs, "promote" | "makeOwner" | "demote" | "transfer" | "remove" | "turnAway"> & {
  write: () => void;
  show: () => void;
};

/** What one may do about somebody else in a group; the rest is not there. */
export function memberMenu(member: GroupMember, mine: Role | undefined, acts: MemberActs): MenuItem[] {
  const items: MenuItem[] = [
    { label: t.groups.message, icon: MessageCircle, onSelect: acts.write },
    { label: t.groups.profile, icon: CircleUserRound, onSelect: acts.show },
  ];
  const roles = roleItems(member, mine, acts);
  if (roles.length > 0) items.push("line", ...roles);
  if (mayOn("remove", mine, member)) items.push("line", goItem(member, acts));
  return items;
}

function roleItems(member: GroupMember, mine: Role | undefined, acts: MemberActs): MenuItem[] {
  const all = [
    { act: "promote", label: t.groups.makeAdmin, icon: ShieldCheck, run: acts.promote },
    { act: "demote", label: t.groups.makeMember, icon: ShieldOff, run: acts.demote },
    { act: "make_owner", label: t.groups.makeOwner, icon: Crown, run: acts.makeOwner },
    { act: "transfer", label: t.groups.transfer, icon: ArrowLeftRight, run: acts.transfer },
  ] as const;
  return all
    .filter(({ act }) => mayOn(act, mine, member))
    .map(({ label, icon, run }) => ({ label, icon, onSelect: () => void run(member) }));
}

function goItem(member: GroupMember, acts: MemberActs): MenuItem {
  return member.status === "joined"
    ? { label: t.groups.remove, icon: Ban, danger: true, onSelect: () => void acts.remove(member) }
    : { label: t.groups.revoke, icon: UserRoundX, danger: true, onSelect: () => void acts.turnAway(member) };
}
