import type { LucideIcon } from "lucide-react";
import { type PointerEvent, type ReactNode, useRef } from "react";
import { cx } from "../../../ui/cx.ts";
import "./SwipeRow.css";
import { drawn, draws, type Side, sideOf } from "./swipe.ts";

export interface SwipeAct {
  icon: LucideIcon;
  run: () => void;
}

/** A row that a finger draws aside, towards either side, for what the menu has too. */
export function SwipeRow({ acts, children }: { acts: Record<Side, SwipeAct>; children: ReactNode }) {
  const row = useRef<HTMLDivElement>(null);
  const from = useRef<{ x: number; y: number; drawing: boolean }>(null);
  const place = (dx: number) => {
    const element = row.current;
    if (element === null) return;
    element.style.setProperty("--swipe", `${drawn(dx)}px`);
    element.dataset.swipe = sideOf(dx, isRightToLeft(element)) ?? (dx === 0 ? "" : "some");
  };
  const down = ({ pointerType, clientX, clientY }: PointerEvent) => {
    if (pointerType === "touch") from.current = { x: clientX, y: clientY, drawing: false };
  };
  const move = (event: PointerEvent) => {
    const start = from.current;
    if (start === null) return;
    const dx = event.clientX - start.x;
    start.drawing ||= draws(dx, event.clientY - start.y);
    if (!start.drawing) return;
    row.current?.setPointerCapture(event.pointerId);
    place(dx);
  };
  const end = (dx: number) => {
    const element = row.current;
    const side = element && from.current?.drawing ? sideOf(dx, isRightToLeft(element)) : undefined;
    from.current = null;
    place(0);
    if (side !== undefined) acts[side].run();
  };
  return (
    <div
      className="swipe-row"
      ref={row}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={({ clientX }) => end(from.current === null ? 0 : clientX - from.current.x)}
      onPointerCancel={() => end(0)}
    >
      {(["start", "end"] as const).map((side) => {
        const Icon = acts[side].icon;
        return (
          <span key={side} className={cx("swipe-row__act", `swipe-row__act--${side}`)} aria-hidden="true">
            <Icon />
          </span>
        );
      })}
      <div className="swipe-row__row">{children}</div>
    </div>
  );
}

function isRightToLeft(element: Element): boolean {
  return getComputedStyle(element).direction === "rtl";
}
