import { useCallback, useEffect, useEffectEvent, useRef } from "react";
import { useAttention } from "./useAttention.ts";

/** So long somebody has looked at a message that they have read it. */
const READ_MS = 1000;

/** Says how far somebody has read: what was in view for a second, of a tab that is visible and has the focus. */
export function useReading(onRead: (seq: number) => void): (visibleSeq: number) => void {
  const looking = useAttention();
  const visible = useRef(0);
  const timer = useRef<number>(undefined);
  const read = useEffectEvent((seq: number) => onRead(seq));
  const begin = useEffectEvent(() => {
    if (!looking || timer.current !== undefined || visible.current === 0) return;
    const from = visible.current;
    timer.current = window.setTimeout(() => {
      timer.current = undefined;
      // What came into view since begins its own second.
      read(Math.min(from, visible.current));
      if (visible.current > from) begin();
    }, READ_MS);
  });
  useEffect(() => {
    if (looking) begin();
    return () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    };
  }, [looking]);
  return useCallback((seq: number) => {
    visible.current = seq;
    begin();
  }, []);
}
