import { locale, t } from "../../text/index.ts";

const thisYear = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
const otherYear = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

/** The local day of a time, as `2026-11-24`. */
export function dayOf(at: Date): string {
  const pad = (number: number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
}

/** What stands above the first message of a day: *Today*, *Yesterday*, *Tuesday 24 November*, with the year if another. */
export function dayLabel(day: string, now: Date): string {
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (day === dayOf(now)) return t.conversation.today;
  if (day === dayOf(yesterday)) return t.conversation.yesterday;
  // Noon: a day has one in every time zone.
  const date = new Date(`${day}T12:00:00`);
  return (date.getFullYear() === now.getFullYear() ? thisYear : otherYear).format(date);
}
