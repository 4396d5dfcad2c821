import type { LucideIcon } from "lucide-react";
import { Archive, ArchiveRestore, Bell, BellOff, MessageCircle } from "lucide-react";
import type { ComponentProps } from "react";
import { closeDetails } from "../../app/panes.ts";
import type { ConversationRow, PersonRow } from "../../db/schema.ts";
import { t } from "../../text/people.ts";
import { Menu } from "../../ui/Menu.tsx";
import { useNow } from "../../ui/useNow.ts";
import { muteItems } from "../chats/list/menu.ts";
import { isMuted } from "../chats/view.ts";
import { useChatActions } from "./useChatActions.ts";
import { useIsHere, useMessage } from "./useMessage.ts";

export interface ChatActsProps {
  person: PersonRow;
  conversation: ConversationRow | undefined;
}

/** The quick acts: write, where one is not there already; mute; archive. */
export function ChatActs({ person, conversation }: ChatActsProps) {
  const message = useMessage();
  const here = useIsHere(person.id, conversation);
  const write = () => {
    closeDetails();
    void message(person.id);
  };
  // Who asks to write is answered first.
  const kept = conversation?.request === 0 ? conversation : undefined;
  if (here && kept === undefined) return null;
  return (
    <div className="person-acts">
      {!here && <QuickAct icon={MessageCircle} label={t.people.message} onClick={write} />}
      {kept && <KeepActs conversation={kept} />}
    </div>
  );
}

function KeepActs({ conversation }: { conversation: ConversationRow }) {
  const actions = useChatActions();
  return (
    <>
      <MuteAct conversation={conversation} />
      <QuickAct
        icon={conversation.archived ? ArchiveRestore : Archive}
        label={conversation.archived ? t.people.unarchive : t.people.archive}
        onClick={() => void actions.archive(conversation)}
      />
    </>
  );
}

/** Mute a chat for as long as one chooses, or unmute it. */
export function MuteAct({ conversation }: { conversation: ConversationRow }) {
  const actions = useChatActions();
  const now = useNow();
  const muted = isMuted(conversation, now);
  if (muted) {
    return <QuickAct icon={BellOff} label={t.people.unmute} onClick={() => void actions.mute(conversation, null)} />;
  }
  return (
    <Menu
      trigger={<QuickAct icon={Bell} label={t.people.mute} />}
      items={muteItems(conversation, { muted }, actions, now)}
    />
  );
}

export function QuickAct({
  icon: Icon,
  label,
  ...rest
}: ComponentProps<"button"> & { icon: LucideIcon; label: string }) {
  return (
    <button type="button" {...rest} className="person-acts__act">
      <Icon />
      <span>{label}</span>
    </button>
  );
}
