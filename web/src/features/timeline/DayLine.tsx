import { locale } from "../../text/index.ts";
import { dayText } from "../../ui/time.ts";
import { useNow } from "../../ui/useNow.ts";
import { noonOf } from "./days.ts";
import "./DayLine.css";

/** What stands above the first message of a day. */
export function DayLine({ day }: { day: string }) {
  const now = useNow();
  return <div className="day-line">{dayText(noonOf(day), new Date(now), locale)}</div>;
}
