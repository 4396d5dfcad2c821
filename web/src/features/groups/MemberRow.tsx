import { Crown, Ellipsis, ShieldCheck } from "lucide-react";
import type { GroupMember } from "../../api/types.ts";
import { closeDetails, openDetails } from "../../app/panes.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/groups.ts";
import { Chip } from "../../ui/Chip.tsx";
import { IconButton } from "../../ui/IconButton.tsx";
import { Menu } from "../../ui/Menu.tsx";
import { nameOf } from "../profile/person.ts";
import { Username } from "../profile/Username.tsx";
import { useMessage } from "../profile/useMessage.ts";
import type { GroupActs } from "./groupActs.ts";
import { MemberFace } from "./MemberFace.tsx";
import { memberMenu } from "./memberMenu.ts";
import type { Roster } from "./roster.ts";
import "./MemberRow.css";

interface MemberRowProps {
  member: GroupMember;
  roster: Roster;
  acts: GroupActs;
}

/** Somebody in a group, as what, and what one may do about that. */
export function MemberRow({ member, roster, acts }: MemberRowProps) {
  const { userId } = useEngine();
  const { user, status } = member;
  const own = user.id === userId;
  const tag = own ? t.groups.self : status === "invited" ? t.groups.invited : undefined;
  return (
    <li className="member-row">
      <MemberFace user={user} tag={tag} text={<Second member={member} roster={roster} />} />
      <div className="member-row__end">
        <RoleChip member={member} />
        {!own && <MemberMenu member={member} roster={roster} acts={acts} />}
      </div>
    </li>
  );
}

/** The username; of the invited, by whom. */
function Second({ member, roster }: Pick<MemberRowProps, "member" | "roster">) {
  const { userId } = useEngine();
  const { user, status, invitedBy } = member;
  if (status !== "invited") return <Username username={user.username} />;
  if (invitedBy === userId) return t.groups.invitedByYou;
  const inviter = roster.members.find((each) => each.user.id === invitedBy);
  return inviter === undefined ? <Username username={user.username} /> : t.groups.invitedBy(nameOf(inviter.user));
}

function RoleChip({ member: { role, status } }: { member: GroupMember }) {
  if (status !== "joined" || role === "member") return null;
  return (
    <Chip kind={role === "owner" ? "accent" : "plain"} icon={role === "owner" ? Crown : ShieldCheck}>
      {t.groups.roles[role]}
    </Chip>
  );
}

function MemberMenu({ member, roster, acts }: MemberRowProps) {
  const message = useMessage();
  const write = () => {
    closeDetails();
    void message(member.user.id);
  };
  const show = async () => {
    await message(member.user.id);
    openDetails();
  };
  return (
    <Menu
      trigger={
        <IconButton
          size="sm"
          icon={Ellipsis}
          label={t.groups.menuOf(nameOf(member.user))}
          className="member-row__menu"
        />
      }
      items={memberMenu(member, roster.myRole, { ...acts, write, show: () => void show() })}
    />
  );
}
