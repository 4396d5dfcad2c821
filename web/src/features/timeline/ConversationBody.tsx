import { Hand, WifiOff } from "lucide-react";
import { type KeyboardEvent, type ReactNode, type Ref, useMemo, useRef } from "react";
import type { Message } from "../../api/types.ts";
import { locale, t } from "../../text/index.ts";
import { Empty } from "../../ui/Empty.tsx";
import { dayText } from "../../ui/time.ts";
import { titleOf } from "./Header.tsx";
import { nextCall } from "./mentions.ts";
import { createRows } from "./rows.ts";
import { Timeline, type TimelineHandle } from "./Timeline.tsx";
import { countBelow } from "./unreadMark.ts";
import type { ConversationData } from "./useConversation.ts";
import type { Messages } from "./useMessages.ts";
import { useReadable } from "./useReadable.ts";

interface ConversationBodyProps {
  ref: Ref<TimelineHandle>;
  data: ConversationData;
  messages: Messages;
  onRead: (seq: number) => void;
  onShow: (seq: number) => void;
  onKey: (event: KeyboardEvent, message: Message, element: HTMLElement) => void;
  /** Who types. */
  children: ReactNode;
}

/** The timeline, or what stands there while there is nothing to show. */
export function ConversationBody({ ref, data, messages, onRead, onShow, onKey, children }: ConversationBodyProps) {
  const { me, conversation, outbox } = data;
  const { state, goal, mark } = messages;
  const readable = useReadable(state.messages, state.ready);
  const layOut = useMemo(createRows, []);
  const { messages: shown, atStart, live } = state;
  const now = useMemo(
    () => layOut({ messages: shown, atStart, outbox: live ? outbox : [], me: me.id, unreadAfter: mark?.after }),
    [layOut, shown, atStart, live, outbox, me.id, mark?.after],
  );
  // The first message to somebody leaves the outbox a moment before the conversation is read that has it.
  const held = useRef(now);
  const rows = messages.opening ? held.current : now;
  held.current = rows;
  const unread = mark && countText(countBelow(mark, state.messages, me.id), mark.capped);
  const call = useMemo(
    () => (conversation?.kind === "group" ? nextCall(conversation, shown, me.id) : undefined),
    [conversation, shown, me.id],
  );
  if (!state.ready || !readable || (messages.opening && rows.length === 0))
    return <div className="timeline" aria-busy="true" />;
  if (rows.length === 0) return <Nothing data={data} failed={state.failed} />;
  return (
    <Timeline
      key={state.place}
      ref={ref}
      rows={rows}
      me={me.id}
      goal={goal}
      live={state.live}
      unread={unread}
      readSeq={conversation?.readSeq ?? 0}
      call={call}
      onNear={messages.onNear}
      onRead={onRead}
      onLatest={messages.openLatest}
      onShow={onShow}
      onKey={onKey}
    >
      {children}
    </Timeline>
  );
}

function countText(count: number, capped: boolean): string {
  return capped ? `${count}+` : String(count);
}

function Nothing({ data, failed }: { data: ConversationData; failed: boolean }) {
  const { person, conversation } = data;
  return (
    <div className="conversation__empty">
      {failed ? (
        <Empty icon={WifiOff} title={t.conversation.notLoaded} />
      ) : (
        <Empty
          icon={Hand}
          title={
            conversation?.kind === "group"
              ? t.conversation.sayHelloGroup(titleOf(conversation, person))
              : t.conversation.sayHello(person?.displayName ?? t.common.deletedUser)
          }
          text={friendsText(data)}
        />
      )}
    </div>
  );
}

function friendsText({ person }: ConversationData): string | undefined {
  if (person?.friendship?.status !== "accepted" || person.friendSince === undefined) return undefined;
  return t.conversation.friendsSince(dayText(new Date(person.friendSince), new Date(), locale));
}
