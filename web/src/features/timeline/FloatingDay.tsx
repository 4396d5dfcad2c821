import { type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import { cx } from "../../ui/cx.ts";
import { DayLine } from "./DayLine.tsx";

/** So long it stays after the last movement. */
const STAY_MS = 1000;

export interface FloatingDayHandle {
  /** `moving`: somebody scrolls. */
  show(day: string | undefined, moving: boolean): void;
}

/** While one scrolls, the day of what is in view stands at the top. */
export function FloatingDay({ ref }: { ref: Ref<FloatingDayHandle> }) {
  const [day, setDay] = useState<string>();
  const [visible, setVisible] = useState(false);
  const timer = useRef<number>(undefined);
  useImperativeHandle(ref, () => ({
    show(next, moving) {
      setDay(next);
      if (!moving) return;
      setVisible(true);
      clearTimeout(timer.current);
      timer.current = window.setTimeout(() => setVisible(false), STAY_MS);
    },
  }));
  useEffect(() => () => clearTimeout(timer.current), []);
  if (day === undefined) return null;
  return (
    <div className={cx("timeline__floating-day", visible && "timeline__floating-day--visible")} aria-hidden="true">
      <DayLine day={day} />
    </div>
  );
}
