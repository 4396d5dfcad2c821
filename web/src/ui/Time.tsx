import { locale } from "../text/index.ts";
import { type TimeStyle, timeText } from "./time.ts";
import { useNow } from "./useNow.ts";

export interface TimeProps {
  /** As the server writes it (RFC 3339). */
  at: string;
  style: TimeStyle;
}

/** A moment in the reader's own time; the whole of it in the title. */
export function Time({ at, style }: TimeProps) {
  const now = useNow();
  const moment = new Date(at);
  // The clock of the page goes by minutes: what has just happened is not in the future.
  const then = new Date(Math.max(now, moment.getTime()));
  return (
    <time dateTime={at} title={timeText(moment, "full", then, locale)}>
      {timeText(moment, style, then, locale)}
    </time>
  );
}
