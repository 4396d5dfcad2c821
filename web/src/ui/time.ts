export type TimeStyle = "clock" | "list" | "full" | "relative";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** The start of the day of a moment, where the reader is. */
function dayOf(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

/** How many midnights lie between two moments; days of 23 and 25 hours count as one. */
export function daysBetween(from: Date, to: Date): number {
  return Math.round((dayOf(to) - dayOf(from)) / DAY);
}

/** A moment in words: `clock` 14:32; `list` as short as it is clear; `full` with day and year; `relative` "5 min. ago". */
export function timeText(at: Date, style: TimeStyle, now: Date, locale: string): string {
  switch (style) {
    case "clock":
      return clock(at, locale);
    case "list":
      return listText(at, now, locale);
    case "full":
      return `${dayText(at, now, locale)} ${clock(at, locale)}`;
    case "relative":
      return relativeText(at, now, locale);
  }
}

/** A day: Today, Yesterday, Tuesday 24 November, with its year if it is another. */
export function dayText(at: Date, now: Date, locale: string): string {
  const days = daysBetween(at, now);
  if (days === 0 || days === 1)
    return sentence(new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-days, "day"));
  const year = at.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return format(at, locale, { weekday: "long", day: "numeric", month: "long", year });
}

function listText(at: Date, now: Date, locale: string): string {
  const days = daysBetween(at, now);
  if (days <= 0) return clock(at, locale);
  if (days === 1) return dayText(at, now, locale);
  if (days < 7) return format(at, locale, { weekday: "short" });
  if (at.getFullYear() === now.getFullYear()) return format(at, locale, { day: "numeric", month: "short" });
  return format(at, locale, { year: "numeric" });
}

function relativeText(at: Date, now: Date, locale: string): string {
  const minutes = Math.floor((now.getTime() - at.getTime()) / MINUTE);
  const words = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
  if (minutes < 1) return words.format(0, "second");
  if (minutes < 60) return words.format(-minutes, "minute");
  const days = daysBetween(at, now);
  if (days < 1) return words.format(-Math.floor(minutes / 60), "hour");
  if (days < 31) return words.format(-days, "day");
  return format(at, locale, { day: "numeric", month: "short", year: "numeric" });
}

function clock(at: Date, locale: string): string {
  return format(at, locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

function sentence(words: string): string {
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}

/** Formats are costly to make and few. */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(at: Date, locale: string, options: Intl.DateTimeFormatOptions): string {
  const key = locale + JSON.stringify(options);
  let made = formats.get(key);
  if (made === undefined) {
    made = new Intl.DateTimeFormat(locale, options);
    formats.set(key, made);
  }
  return made.format(at);
}
