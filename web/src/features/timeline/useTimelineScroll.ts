import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";
import type { Row } from "./rows.ts";

/** Nearer than this to the end is at the end. */
const AT_END_PX = 8;
/** From here on there is a button to the latest. */
const FAR_PX = 300;
/** Pages are asked for when less than this many screens are left. */
const AHEAD = 1.5;

/** Where a timeline opens. */
export type Goal = { at: "latest" } | { at: "unread" } | { at: "seq"; seq: number };

interface Options {
  list: RefObject<VirtualizerHandle | null>;
  scroller: RefObject<HTMLElement | null>;
  rows: readonly Row[];
  goal: Goal;
  live: boolean;
  onNear: (edge: "start" | "end") => void;
  /** The first row that is in view at all, the last that is wholly, and whether somebody scrolls back. */
  onView: (first: number, last: number, moving: boolean) => void;
}

export interface TimelineScroll {
  /** Looking at the newest. */
  atLatest: boolean;
  far: boolean;
  /** Not yet where it opens: not to be seen. */
  settling: boolean;
  onScroll: (offset: number) => void;
  onResize: () => void;
  toLatest: () => void;
  toIndex: (index: number, align: "center" | "nearest") => void;
}

/**
 * Where the timeline stands. At the end it stays at the end whatever comes or grows; elsewhere the list itself keeps
 * what is in view where it is.
 */
export function useTimelineScroll(options: Options): TimelineScroll {
  const latest = useRef(options);
  useLayoutEffect(() => {
    latest.current = options;
  });
  const stick = useRef(options.goal.at === "latest");
  const before = useRef(0);
  const [far, setFar] = useState(false);
  const [atLatest, setAtLatest] = useState(stick.current);
  const [settling, setSettling] = useState(true);
  const settled = useRef(false);

  const toEnd = useCallback(() => {
    const { list, scroller, rows } = latest.current;
    if (rows.length > 0)
      list.current?.scrollToIndex(rows.length - 1, { align: "end", offset: tailOf(scroller.current) });
  }, []);

  const look = useCallback((offset: number, moving = false) => {
    const { list, scroller, rows, live, onNear, onView } = latest.current;
    const box = scroller.current;
    if (box === null || list.current === null) return;
    const gap = box.scrollHeight - box.clientHeight - offset;
    // What is asked for behind the end of what is here: whoever wants the latest goes on to it.
    if (gap < AT_END_PX) stick.current ||= live;
    else if (offset < before.current - 1) stick.current = false;
    before.current = offset;
    setAtLatest(stick.current);
    setFar(gap > FAR_PX || !live);
    if (offset < AHEAD * box.clientHeight) onNear("start");
    if (gap < AHEAD * box.clientHeight) onNear("end");
    if (rows.length > 0) {
      const last = lastInView(list.current, box, offset, rows.length);
      onView(list.current.findItemIndex(offset), last, moving && settled.current && !stick.current);
    }
  }, []);

  // Where it opens; once, since each place has a timeline of its own.
  useLayoutEffect(() => {
    const { list, scroller, rows, goal } = latest.current;
    const index = goalIndex(rows, goal);
    const third = (scroller.current?.clientHeight ?? 0) / 3;
    if (index === undefined) toEnd();
    else if (goal.at === "unread") list.current?.scrollToIndex(index, { align: "start", offset: -third });
    else list.current?.scrollToIndex(index, { align: "center" });
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        setSettling(false);
        settled.current = true;
        look(scroller.current?.scrollTop ?? 0);
      });
    });
    return () => cancelAnimationFrame(frame);
  }, [look, toEnd]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what has come is what it is about.
  useLayoutEffect(() => {
    if (stick.current) toEnd();
    // What comes into view without a movement is in view all the same.
    const frame = requestAnimationFrame(() => look(latest.current.scroller.current?.scrollTop ?? 0));
    return () => cancelAnimationFrame(frame);
  }, [options.rows, look, toEnd]);

  const onResize = useCallback(() => {
    if (stick.current) toEnd();
  }, [toEnd]);

  useEffect(() => {
    const box = latest.current.scroller.current;
    if (box === null) return undefined;
    const observer = new ResizeObserver(() => {
      if (stick.current) toEnd();
      look(box.scrollTop);
    });
    observer.observe(box);
    return () => observer.disconnect();
  }, [look, toEnd]);

  const toLatest = useCallback(() => {
    stick.current = true;
    toEnd();
  }, [toEnd]);

  const toIndex = useCallback((index: number, align: "center" | "nearest") => {
    if (index < latest.current.rows.length - 1) stick.current = false;
    latest.current.list.current?.scrollToIndex(index, { align });
  }, []);

  const onScroll = useCallback((offset: number) => look(offset, true), [look]);

  return { atLatest, far, settling, onScroll, onResize, toLatest, toIndex };
}

/** The row that a timeline opens at; undefined: its end. */
function goalIndex(rows: readonly Row[], goal: Goal): number | undefined {
  const index =
    goal.at === "unread"
      ? rows.findIndex((row) => row.startsUnread)
      : goal.at === "seq"
        ? indexOfSeq(rows, goal.seq)
        : -1;
  return index < 0 ? undefined : index;
}

/** The row of a seq, or of the next message behind it; -1: there is none. */
export function indexOfSeq(rows: readonly Row[], seq: number): number {
  return rows.findIndex((row) => row.kind !== "outbox" && row.message.seq >= seq);
}

/** What stands below the last row: room for whoever types. */
function tailOf(scroller: HTMLElement | null): number {
  const tail = scroller?.lastElementChild;
  return tail instanceof HTMLElement ? tail.offsetHeight : 0;
}

function lastInView(list: VirtualizerHandle, box: HTMLElement, offset: number, count: number): number {
  const end = offset + box.clientHeight;
  const index = Math.min(count - 1, list.findItemIndex(end));
  // A message higher than the screen is in view when its end is not far.
  return list.getItemOffset(index) + list.getItemSize(index) <= end + AT_END_PX ? index : index - 1;
}
