import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { ConversationRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";
import { markAfterNews, markAtOpening, type UnreadMark } from "./unreadMark.ts";
import { isLooking, useAttention } from "./useAttention.ts";
import type { Goal } from "./useTimelineScroll.ts";
import { FIRST_PLACE, MessageWindow, type WindowState } from "./window.ts";

/** Before there is a conversation. That which its first messages make has the same place: it goes on. */
const nothing: WindowState = {
  place: FIRST_PLACE,
  messages: [],
  ready: true,
  atStart: true,
  live: true,
  failed: false,
};
const none = () => nothing;
const never = () => () => {};

export interface Messages {
  state: WindowState;
  /** There is a conversation, and its messages have not been read yet. */
  opening: boolean;
  /** Where the timeline of this place opens. */
  goal: Goal;
  mark: UnreadMark | undefined;
  onNear: (edge: "start" | "end") => void;
  openLatest: () => void;
  openAround: (seq: number) => void;
}

/** The messages of a conversation that are looked at. They are chosen when it is opened: the first unread, a hit, the end. */
export function useMessages(conversation: ConversationRow | undefined, online: boolean, hit?: number): Messages {
  const engine = useEngine();
  const [window, setWindow] = useState<MessageWindow>();
  const goal = useRef<Goal>({ at: "latest" });
  const [mark, setMark] = useState<UnreadMark>();
  const opening = useRef({ conversation, hit });
  opening.current = { conversation, hit };
  const id = conversation?.id;
  const begun = useRef(id === undefined);
  useEffect(() => {
    const row = opening.current.conversation;
    if (id === undefined || row === undefined) return setWindow(undefined);
    let gone = false;
    const first = markAtOpening(row);
    setMark(first);
    const made = new MessageWindow(engine, id);
    goal.current = goalOf(opening.current.hit, first);
    const opened = made.open(seqOf(goal.current, row));
    // What one has written oneself stays on the screen until it is read.
    if (!begun.current) setWindow(made);
    else void opened.then(() => gone || setWindow(made));
    return () => {
      gone = true;
      made.close();
    };
  }, [engine, id]);
  useNews(conversation, setMark);
  const state = useSyncExternalStore(window?.subscribe ?? never, window?.state ?? none);
  const open = useCallback(
    (next: Goal) => {
      goal.current = next;
      void window?.open(next.at === "seq" ? next.seq : undefined);
    },
    [window],
  );
  const { failed } = state;
  useEffect(() => {
    // What could not be loaded can be now.
    if (online && failed) void (state.messages.length === 0 ? window?.open() : window?.older());
  }, [online, failed, window, state.messages.length]);
  const onNear = useCallback(
    (edge: "start" | "end") => void (edge === "start" ? window?.older() : window?.newer()),
    [window],
  );
  const openLatest = useCallback(() => open({ at: "latest" }), [open]);
  const openAround = useCallback((seq: number) => open({ at: "seq", seq }), [open]);
  return {
    state,
    opening: id !== undefined && window === undefined,
    goal: goal.current,
    mark,
    onNear,
    openLatest,
    openAround,
  };
}

function goalOf(hit: number | undefined, mark: UnreadMark | undefined): Goal {
  if (hit !== undefined) return { at: "seq", seq: hit };
  return mark === undefined ? { at: "latest" } : { at: "unread" };
}

/** Around which seq the messages are wanted; undefined: the newest. */
function seqOf(goal: Goal, row: ConversationRow): number | undefined {
  if (goal.at === "seq") return goal.seq;
  return goal.at === "unread" ? Math.max(1, row.readSeq) : undefined;
}

/** The unread line of what comes while nobody looks. */
function useNews(
  row: ConversationRow | undefined,
  setMark: (change: (mark: UnreadMark | undefined) => UnreadMark | undefined) => void,
): void {
  const looking = useAttention();
  const { readSeq = 0, unreadCount = 0, unreadCapped = false } = row ?? {};
  const wasLooking = useRef(isLooking());
  useEffect(() => {
    const away = !looking && !wasLooking.current;
    wasLooking.current = looking;
    if (away) setMark((mark) => markAfterNews(mark, { readSeq, unreadCount, unreadCapped }, false));
  }, [looking, readSeq, unreadCount, unreadCapped, setMark]);
}
