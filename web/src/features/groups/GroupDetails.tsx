import { useLiveQuery } from "dexie-react-hooks";
import { Pencil, UsersRound } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { useDetailsBar } from "../../app/detailsBar.ts";
import type { ConversationRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/groups.ts";
import { refusal } from "../../text/refusal.ts";
import { Button } from "../../ui/Button.tsx";
import { Empty } from "../../ui/Empty.tsx";
import { IconButton } from "../../ui/IconButton.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { useKeptFocus } from "../friends/useKeptFocus.ts";
import { GalleryRow } from "../gallery/GalleryRow.tsx";
import "../profile/PersonDetails.css";
import { EditGroup } from "./EditGroup.tsx";
import { GroupEnd } from "./GroupEnd.tsx";
import { GroupHero } from "./GroupHero.tsx";
import { GroupKept } from "./GroupKept.tsx";
import { GroupLinks } from "./GroupLinks.tsx";
import { GroupQuickActs } from "./GroupQuickActs.tsx";
import { type GroupActs, groupActs } from "./groupActs.ts";
import { JoinRequests } from "./JoinRequests.tsx";
import { Members } from "./Members.tsx";
import type { Roster } from "./roster.ts";
import { may } from "./rules.ts";
import { useRoster } from "./useRoster.ts";

/** A group: what it is, who is in it, and what one may do there. */
export default function GroupDetails({ groupId }: { groupId: string }) {
  const engine = useEngine();
  const conversation = useLiveQuery(() => engine.db.conversations.get(groupId), [engine, groupId]);
  const { roster, error, more, refresh } = useRoster(groupId);
  const acts = useMemo(() => roster && groupActs(engine, roster, () => void refresh()), [engine, roster, refresh]);
  if (conversation === undefined) return null;
  if (roster === undefined || acts === undefined) {
    return (
      <div className="person-details">
        <GroupHero {...conversation} name={conversation.title ?? ""} />
        {error === undefined ? <Skeleton rows={4} /> : <NotLoaded error={error} again={() => void refresh()} />}
      </div>
    );
  }
  return <Loaded conversation={conversation} roster={roster} acts={acts} more={more} refresh={refresh} />;
}

function NotLoaded({ error, again }: { error: unknown; again: () => void }) {
  const action = <Button onClick={again}>{t.common.retry}</Button>;
  return <Empty icon={UsersRound} title={t.groups.notLoaded} text={refusal(error)} action={action} />;
}

interface LoadedProps {
  conversation: ConversationRow;
  roster: Roster;
  acts: GroupActs;
  more: () => Promise<void>;
  refresh: () => Promise<void>;
}

function Loaded({ conversation, roster, acts, more, refresh }: LoadedProps) {
  const { group, myRole } = roster;
  const { editing, setEditing, pencil } = useEditing(may("update", myRole));
  const kept = useKeptFocus(roster);
  return (
    <div className="person-details" {...kept}>
      {editing ? (
        <EditGroup
          group={group}
          onDone={() => {
            setEditing(false);
            void refresh();
          }}
        />
      ) : (
        <GroupHero {...group} changes={may("update", myRole)} />
      )}
      {pencil}
      <GroupQuickActs conversation={conversation} roster={roster} refresh={refresh} />
      {may("link", myRole) && <JoinRequests roster={roster} acts={acts} />}
      <GalleryRow conversationId={group.id} />
      <Members roster={roster} acts={acts} more={more} />
      <GroupKept group={group} role={myRole} acts={acts} />
      {may("link", myRole) && group.joinPolicy !== "closed" && <GroupLinks groupId={group.id} />}
      <GroupEnd conversation={conversation} roster={roster} acts={acts} />
    </div>
  );
}

/** Whether the name and description are being changed, and the button in the bar for it. The focus comes back to it. */
function useEditing(allowed: boolean) {
  const [wanted, setEditing] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const bar = useDetailsBar();
  // Who may not any more stops with it.
  const editing = wanted && allowed;
  const edited = useRef(false);
  useEffect(() => {
    if (!editing && edited.current) button.current?.focus();
    edited.current = editing;
  }, [editing]);
  const pencil =
    allowed && !editing && bar !== null
      ? createPortal(
          <IconButton icon={Pencil} label={t.groups.edit} ref={button} onClick={() => setEditing(true)} />,
          bar,
        )
      : null;
  return { editing, setEditing, pencil };
}
