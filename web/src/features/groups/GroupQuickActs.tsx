import { Search, UserRoundPlus } from "lucide-react";
import { useState } from "react";
import { closeDetails, searchConversation } from "../../app/panes.ts";
import { useMedia, WIDE } from "../../app/useMedia.ts";
import type { ConversationRow } from "../../db/schema.ts";
import { t } from "../../text/groups.ts";
import { MuteAct, QuickAct } from "../profile/ChatActs.tsx";
import { InviteDialog } from "./InviteDialog.tsx";
import type { Roster } from "./roster.ts";
import { may } from "./rules.ts";

interface GroupQuickActsProps {
  conversation: ConversationRow;
  roster: Roster;
  refresh: () => Promise<void>;
}

/** Invite, mute, search. */
export function GroupQuickActs({ conversation, roster, refresh }: GroupQuickActsProps) {
  const [inviting, setInviting] = useState(false);
  const beside = useMedia(WIDE);
  const search = () => {
    if (!beside) closeDetails();
    searchConversation();
  };
  return (
    <div className="person-acts">
      {may("invite", roster.myRole, roster.group) && (
        <>
          <QuickAct icon={UserRoundPlus} label={t.groups.invite} onClick={() => setInviting(true)} />
          <InviteDialog roster={roster} open={inviting} onOpenChange={setInviting} onInvited={() => void refresh()} />
        </>
      )}
      <MuteAct conversation={conversation} />
      <QuickAct icon={Search} label={t.groups.search} onClick={search} />
    </div>
  );
}
