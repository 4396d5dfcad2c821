import type { PresenceState, User } from "../../api/types.ts";
import { locale, t } from "../../text/index.ts";
import { daysBetween, timeText } from "../../ui/time.ts";

/** What of somebody's presence is shown at the avatar. Offline and hidden look the same. */
export function shownPresence(state: PresenceState | undefined): "online" | "away" | null {
  if (state === undefined || state.hidden || state.status === "offline") return null;
  return state.status;
}

/**
 * Presence in words: *Online*, *Away*, *Last seen today at 13:20*; null: nobody says. Who is gone may have been seen
 * by the view of the person only.
 */
export function presenceText(
  state: PresenceState | undefined,
  person: Pick<User, "lastSeen"> | undefined,
  now: number,
): string | null {
  const shown = shownPresence(state);
  if (shown !== null) return t.common[shown];
  if (state === undefined || state.hidden) return null;
  const seen = state.lastSeen ?? person?.lastSeen;
  return seen === undefined ? null : lastSeenText(new Date(seen), new Date(now));
}

function lastSeenText(at: Date, now: Date): string {
  const days = daysBetween(at, now);
  if (days <= 0) return t.common.lastSeenToday(timeText(at, "clock", now, locale));
  if (days === 1) return t.common.lastSeenYesterday;
  if (days < 7) return t.common.lastSeenOn(new Intl.DateTimeFormat(locale, { weekday: "long" }).format(at));
  const year = at.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return t.common.lastSeenOn(new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year }).format(at));
}

/** A day in a sentence: *today*, *yesterday*, *3 days ago*, *12 May*. */
export function dayInSentence(iso: string, now: number): string {
  const at = new Date(iso);
  const days = Math.max(0, daysBetween(at, new Date(now)));
  if (days < 7) return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-days, "day");
  const year = at.getFullYear() === new Date(now).getFullYear() ? undefined : "numeric";
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year }).format(at);
}

/** A month: *May*, with its year if it is another, or always. */
export function monthText(iso: string, now: number, withYear = false): string {
  const at = new Date(iso);
  const year = withYear || at.getFullYear() !== new Date(now).getFullYear() ? "numeric" : undefined;
  return new Intl.DateTimeFormat(locale, { month: "long", year }).format(at);
}
