import {
  type FocusEvent,
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import type { Message } from "../../api/types.ts";
import { t } from "../../text/index.ts";
import { cx } from "../../ui/cx.ts";
import { Arrivals } from "./arrivals.ts";
import { FloatingDay, type FloatingDayHandle } from "./FloatingDay.tsx";
import { JumpToLatest } from "./JumpToLatest.tsx";
import { JumpToMention } from "./JumpToMention.tsx";
import type { NextCall } from "./mentions.ts";
import { countsAsUnread, type Row } from "./rows.ts";
import { TimelineRow } from "./TimelineRow.tsx";
import { useReading } from "./useReading.ts";
import { type Goal, indexOfSeq, useTimelineScroll } from "./useTimelineScroll.ts";
import "./Timeline.css";

export interface TimelineHandle {
  toLatest(): void;
  /** Go to a message and flash it; whether it is here. */
  show(seq: number): boolean;
  focus(): void;
}

interface TimelineProps {
  ref: Ref<TimelineHandle>;
  rows: readonly Row[];
  me: string;
  goal: Goal;
  live: boolean;
  /** How many stand below the unread line. */
  unread: string | undefined;
  /** How far the reader has read, as the conversation has it. */
  readSeq: number;
  /** What calls the reader and is not read. */
  call: NextCall | undefined;
  onNear: (edge: "start" | "end") => void;
  onRead: (seq: number) => void;
  /** To the latest, where that is not here. */
  onLatest: () => void;
  /** To a message, here or not. */
  onShow: (seq: number) => void;
  onKey: (event: KeyboardEvent, message: Message, element: HTMLElement) => void;
  /** Who types. */
  children: ReactNode;
}

/** What was said, in order; only what is near the view is there. */
export function Timeline(props: TimelineProps) {
  const { ref, rows, me, goal, live, unread, readSeq, call, onNear, onRead, onLatest, onShow, children } = props;
  const list = useRef<VirtualizerHandle>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const day = useRef<FloatingDayHandle>(null);
  const seen = useRef(readSeq);
  const [below, setBelow] = useState(0);
  const range = useRef<SeqRange>(undefined);
  const [away, setAway] = useState(false);
  const reading = useReading(onRead);
  const onView = useCallback(
    (first: number, last: number, moving: boolean) => {
      day.current?.show(rows[first]?.day, moving);
      const seq = seqUpTo(rows, last);
      seen.current = Math.max(seen.current, seq);
      setBelow(countBehind(rows, seen.current, me));
      range.current = { from: seqUpTo(rows, first), to: seq };
      setAway(isAway(call?.seq, range.current));
      reading(seq);
    },
    [rows, me, reading, call?.seq],
  );
  useLayoutEffect(() => setBelow(countBehind(rows, seen.current, me)), [rows, me]);
  useLayoutEffect(() => setAway(isAway(call?.seq, range.current)), [call?.seq]);
  const scroll = useTimelineScroll({ list, scroller, rows, goal, live, onNear, onView });
  const { flash, show } = useFlash(rows, goal, scroll.toIndex);
  const latest = live ? scroll.toLatest : onLatest;
  const { current, onKeyDown, onFocus, onBlur, focus } = useRoving({ ...props, onLatest: latest, scroller, scroll });
  useFocusKept(focus);
  const shift = useShift(rows);
  const arrivals = useRef(new Arrivals()).current;
  useMemo(() => arrivals.note(rows, scroll.atLatest), [arrivals, rows, scroll.atLatest]);
  useImperativeHandle(ref, () => ({ toLatest: latest, show, focus }), [latest, show, focus]);
  const currentIndex = useMemo(() => rows.findIndex((row) => row.key === current), [rows, current]);
  return (
    <div className="timeline">
      <FloatingDay ref={day} />
      <div
        ref={scroller}
        className={cx("timeline__scroller", scroll.settling && "timeline__scroller--settling")}
        role="log"
        aria-label={t.conversation.messages}
        aria-live={scroll.atLatest ? "polite" : "off"}
        onKeyDown={onKeyDown}
        onFocus={onFocus}
        onBlur={onBlur}
      >
        <div className="timeline__above" />
        <Virtualizer
          ref={list}
          scrollRef={scroller}
          data={rows}
          shift={shift}
          bufferSize={400}
          keepMounted={currentIndex < 0 ? undefined : [currentIndex]}
          onScroll={scroll.onScroll}
          onResize={scroll.onResize}
        >
          {(row) => (
            <TimelineRow
              key={row.key}
              row={row}
              current={row.key === current}
              unread={row.startsUnread ? unread : undefined}
              flash={row.key === flash}
              isFresh={arrivals.isFresh}
            />
          )}
        </Virtualizer>
        <div className="timeline__tail">{children}</div>
      </div>
      {call && away && <JumpToMention count={call.count} onJump={() => onShow(call.seq)} />}
      {(scroll.far || !live) && !scroll.settling && <JumpToLatest count={below} onJump={latest} />}
    </div>
  );
}

interface SeqRange {
  from: number;
  to: number;
}

/** Whether a message is not in view; nobody knows before it was looked. */
function isAway(seq: number | undefined, view: SeqRange | undefined): boolean {
  return seq !== undefined && view !== undefined && (seq < view.from || seq > view.to);
}

/** Whether rows were put before those that were there: the list then keeps its place from the end. */
function useShift(rows: readonly Row[]): boolean {
  const first = useRef<string>(undefined);
  const before = first.current;
  useLayoutEffect(() => {
    first.current = rows[0]?.key;
  });
  return before !== undefined && rows[0]?.key !== before && rows.some((row) => row.key === before);
}

/** The row that was jumped to glows for a moment. */
function useFlash(rows: readonly Row[], goal: Goal, toIndex: (index: number, align: "center") => void) {
  const timer = useRef<number>(undefined);
  const [flash, setFlash] = useState<string | undefined>(() =>
    goal.at === "seq" ? rows[indexOfSeq(rows, goal.seq)]?.key : undefined,
  );
  const show = useCallback(
    (seq: number) => {
      const index = indexOfSeq(rows, seq);
      const first = rows[0];
      if (index < 0 || (first !== undefined && first.kind !== "outbox" && first.message.seq > seq)) return false;
      toIndex(index, "center");
      clearTimeout(timer.current);
      setFlash(rows[index]?.key);
      timer.current = window.setTimeout(() => setFlash(undefined), 1300);
      return true;
    },
    [rows, toIndex],
  );
  return { flash, show };
}

interface RovingOptions extends TimelineProps {
  scroller: { current: HTMLElement | null };
  scroll: { toIndex: (index: number, align: "nearest") => void };
}

/** One message is what Tab comes to; arrows move from there. */
function useRoving({ rows, scroller, scroll, onLatest, onKey }: RovingOptions) {
  const [chosen, setChosen] = useState<string>();
  const current = chosen !== undefined && rows.some((row) => row.key === chosen) ? chosen : rows.at(-1)?.key;
  const focusKey = useCallback(
    (key: string) => {
      setChosen(key);
      // It may have to be mounted first.
      requestAnimationFrame(() => elementOf(scroller.current, key)?.focus({ preventScroll: true }));
    },
    [scroller],
  );
  const move = (to: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (row === undefined) return;
    scroll.toIndex(rows.indexOf(row), "nearest");
    focusKey(row.key);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const index = rows.findIndex((row) => row.key === current);
    const row = rows[index];
    const steps: Record<string, number> = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: rows.length - 1 };
    const to = steps[event.key];
    if (to !== undefined && !event.altKey) {
      event.preventDefault();
      if (event.key === "End") onLatest();
      return move(to);
    }
    const element = current === undefined ? null : elementOf(scroller.current, current);
    if (row?.kind === "message" && element !== null && event.target === element) onKey(event, row.message, element);
  };
  const onFocus = (event: { target: EventTarget }) => {
    const key = event.target instanceof HTMLElement ? event.target.dataset.key : undefined;
    if (key !== undefined) setChosen(key);
  };
  const focus = useCallback(() => {
    if (current !== undefined) focusKey(current);
  }, [current, focusKey]);
  // Whoever comes back comes to the newest.
  const onBlur = (event: FocusEvent) => {
    if (!event.currentTarget.contains(event.relatedTarget)) setChosen(undefined);
  };
  return { current, onKeyDown, onFocus, onBlur, focus };
}

/** Each place has a timeline of its own: the focus goes on from the one that is gone to this one. */
function useFocusKept(focus: () => void): void {
  const first = useRef(focus);
  useEffect(() => {
    if (document.activeElement === document.body) first.current();
  }, []);
}

function elementOf(box: HTMLElement | null, key: string): HTMLElement | null {
  return box?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`) ?? null;
}

/** The seq of the last message at or before a row. */
function seqUpTo(rows: readonly Row[], index: number): number {
  for (let at = index; at >= 0; at -= 1) {
    const row = rows[at];
    if (row !== undefined && row.kind !== "outbox") return row.message.seq;
  }
  return 0;
}

function countBehind(rows: readonly Row[], seq: number, me: string): number {
  let count = 0;
  for (let at = rows.length - 1; at >= 0; at -= 1) {
    const row = rows[at];
    if (row === undefined || row.kind === "outbox") continue;
    if (row.message.seq <= seq) break;
    if (countsAsUnread(row.message, me)) count += 1;
  }
  return count;
}
