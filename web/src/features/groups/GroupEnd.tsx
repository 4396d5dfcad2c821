import { Archive, ArchiveRestore, LogOut, ShieldOff, Trash2 } from "lucide-react";
import { useLocation } from "wouter";
import type { ConversationRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/groups.ts";
import { DetailsRow, PinRow } from "../profile/DetailsRows.tsx";
import { useChatActions } from "../profile/useChatActions.ts";
import type { GroupActs } from "./groupActs.ts";
import { hasOtherOwner, type Roster } from "./roster.ts";
import { may, mayOn } from "./rules.ts";

interface GroupEndProps {
  conversation: ConversationRow;
  roster: Roster;
  acts: GroupActs;
}

/** Keeping the chat, giving up a role, and the ways out; what cannot be undone is last, and asks. */
export function GroupEnd({ conversation, roster, acts }: GroupEndProps) {
  const { userId } = useEngine();
  const chat = useChatActions();
  const { myRole } = roster;
  const out = useWayOut(conversation.id);
  return (
    <>
      <div className="person-block">
        <PinRow conversation={conversation} />
        <DetailsRow
          icon={conversation.archived ? ArchiveRestore : Archive}
          label={conversation.archived ? t.people.unarchive : t.people.archive}
          onClick={() => void chat.archive(conversation)}
        />
      </div>
      <div className="person-block">
        {may("step_down", myRole) && hasOtherOwner(roster, userId) && (
          <DetailsRow icon={ShieldOff} label={t.groups.stepDown} onClick={() => void acts.stepDown()} />
        )}
        {mayOn("demote", myRole, "self") && (
          <DetailsRow icon={ShieldOff} label={t.groups.stepBack} onClick={() => void acts.stepBack()} />
        )}
        {may("leave", myRole) && (
          <DetailsRow icon={LogOut} danger label={t.chats.leaveGroup} onClick={() => out(acts.leave())} />
        )}
        {may("delete", myRole) && (
          <DetailsRow icon={Trash2} danger label={t.groups.delete} onClick={() => out(acts.end())} />
        )}
      </div>
    </>
  );
}

/** Who is out of a group is not at its page any more. */
function useWayOut(groupId: string): (act: Promise<boolean>) => void {
  const [path, navigate] = useLocation();
  const go = async (act: Promise<boolean>) => {
    if ((await act) && path === `/c/${groupId}`) navigate("/");
  };
  return (act) => void go(act);
}
