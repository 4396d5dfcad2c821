import { Check, CheckCheck, CircleAlert, Clock, Headphones } from "lucide-react";
import { locale, t } from "../../text/index.ts";
import { timeText } from "../../ui/time.ts";
import type { Tick } from "./ticks.ts";
import "./BubbleMeta.css";

const TICKS = {
  pending: { icon: Clock, word: t.conversation.sending },
  failed: { icon: CircleAlert, word: t.conversation.notSent },
  sent: { icon: Check, word: t.conversation.sent },
  delivered: { icon: CheckCheck, word: t.conversation.delivered },
  read: { icon: CheckCheck, word: t.conversation.read },
  listened: { icon: Headphones, word: t.conversation.listened },
} satisfies Record<Tick, unknown>;

export const wordOf = (tick: Tick): string => TICKS[tick].word;

/** A clock does not go on with the minutes: it needs no timer, and the details tell the day. */
export function clockOf(at: string): string {
  const moment = new Date(at);
  return timeText(moment, "clock", moment, locale);
}

interface BubbleMetaProps {
  at: string;
  tick?: Tick;
  edited?: boolean;
  onEdited?: () => void;
}

/** When it was written, whether it was changed since, and how far it has come. */
export function BubbleMeta({ at, tick, edited = false, onEdited }: BubbleMetaProps) {
  const Icon = tick && TICKS[tick].icon;
  return (
    <span className="bubble-meta" aria-hidden={onEdited === undefined || undefined}>
      {edited && onEdited === undefined && <span>{t.conversation.edited}</span>}
      {edited && onEdited !== undefined && (
        <button
          type="button"
          tabIndex={-1}
          className="bubble-meta__edited"
          aria-label={t.conversation.showEdits}
          onClick={onEdited}
        >
          {t.conversation.edited}
        </button>
      )}
      <time dateTime={at}>{clockOf(at)}</time>
      {Icon && (
        // A key for each: one tick fades into the next.
        <span key={tick} className={`bubble-meta__tick bubble-meta__tick--${tick}`}>
          <Icon />
          <span className="visually-hidden">{wordOf(tick)}</span>
        </span>
      )}
    </span>
  );
}
