import { type PointerEvent, type TouchEvent, useRef } from "react";

const HOLD_MS = 500;
/** Further than this a finger moves, and does not rest. */
const SLACK_PX = 10;
const SWIPE_PX = 56;

interface Touch {
  x: number;
  y: number;
  timer: number;
}

/** What a finger does on a message: a long press, and a swipe to the inline end. */
export function useTouch({ onHold, onSwipe }: { onHold: (at: DOMRect) => void; onSwipe: () => void }) {
  const touch = useRef<Touch>(undefined);
  const held = useRef(false);
  const end = () => {
    clearTimeout(touch.current?.timer);
    touch.current = undefined;
  };
  return {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      held.current = false;
      if (event.pointerType !== "touch") return;
      const { clientX: x, clientY: y } = event;
      const timer = window.setTimeout(() => {
        touch.current = undefined;
        held.current = true;
        onHold(new DOMRect(x, y, 0, 0));
      }, HOLD_MS);
      touch.current = { x, y, timer };
    },
    onPointerMove(event: PointerEvent<HTMLElement>) {
      const began = touch.current;
      if (began === undefined) return;
      const rtl = getComputedStyle(event.currentTarget).direction === "rtl";
      const along = (event.clientX - began.x) * (rtl ? -1 : 1);
      const across = Math.abs(event.clientY - began.y);
      if (Math.abs(along) > SLACK_PX || across > SLACK_PX) clearTimeout(began.timer);
      if (across > 3 * SLACK_PX) end();
      else if (along > SWIPE_PX) {
        end();
        onSwipe();
      }
    },
    onPointerUp: end,
    onPointerCancel: end,
    onTouchEnd(event: TouchEvent<HTMLElement>) {
      // Where it is lifted a browser makes a click of it, and that would close what it has opened.
      if (held.current && event.cancelable) event.preventDefault();
    },
  };
}
