import { memo, useContext, useState } from "react";
import type { Message } from "../../api/types.ts";
import type { OutboxRow } from "../../db/schema.ts";
import { t } from "../../text/index.ts";
import { cx } from "../../ui/cx.ts";
import { ActionBar } from "./ActionBar.tsx";
import { allowed } from "./allowed.ts";
import { Bubble } from "./Bubble.tsx";
import { clockOf, wordOf } from "./BubbleMeta.tsx";
import { MarksContext, useActs, useView } from "./context.ts";
import { DayLine } from "./DayLine.tsx";
import { lineOf, nameOf } from "./names.ts";
import { OutboxBubble } from "./OutboxBubble.tsx";
import { Reactions } from "./Reactions.tsx";
import type { Row } from "./rows.ts";
import { SenderFace } from "./SenderFace.tsx";
import { SystemWords } from "./SystemWords.tsx";
import { systemParts } from "./system.ts";
import { type Tick, tickOf, tickOfSend } from "./ticks.ts";
import { useTouch } from "./useTouch.ts";
import "./TimelineRow.css";

interface TimelineRowProps {
  row: Row;
  /** It is the one that Tab comes to. */
  current: boolean;
  /** How many stand below the unread line, where it is above this row. */
  unread?: string;
  /** It was jumped to. */
  flash: boolean;
  /** Whether it has come just now, while somebody looked at the end: asked when it is first shown. */
  isFresh: (key: string) => boolean;
}

/** One row of the timeline: a message with the lines above it. */
export const TimelineRow = memo(function TimelineRow({ row, current, unread, flash, isFresh }: TimelineRowProps) {
  const [fresh] = useState(() => isFresh(row.key));
  return (
    <div className={cx("timeline-row", row.first && "timeline-row--first")}>
      {row.startsDay && <DayLine day={row.day} />}
      {row.startsUnread && unread !== undefined && <UnreadLine count={unread} />}
      <RowBody row={row} current={current} flash={flash} fresh={fresh} />
    </div>
  );
});

type RowBodyProps = Pick<TimelineRowProps, "row" | "current" | "flash"> & { fresh: boolean };

function RowBody({ row, current, flash, fresh }: RowBodyProps) {
  const { me } = useView();
  const common = { tabIndex: current ? 0 : -1, "data-key": row.key };
  const look = cx(flash && "timeline-row__message--flash", fresh && "timeline-row__message--fresh");
  switch (row.kind) {
    case "system":
      return (
        <p {...common} className="timeline-row__system">
          <SystemWords parts={systemParts(row.message, me)} />
        </p>
      );
    case "outbox":
      return (
        <article
          {...common}
          aria-label={sendLabel(row.entry)}
          className={cx("timeline-row__message timeline-row__message--mine", look)}
        >
          <OutboxBubble entry={row.entry} first={row.first} />
        </article>
      );
    case "message":
      return <MessageRow {...row} look={look} common={common} />;
  }
}

interface MessageRowProps {
  message: Message;
  mine: boolean;
  first: boolean;
  last: boolean;
  look: string;
  common: { tabIndex: number; "data-key": string };
}

function MessageRow({ message, mine, first, last, look, common }: MessageRowProps) {
  const [hot, setHot] = useState(false);
  const view = useView();
  const marks = useContext(MarksContext);
  const acts = useActs();
  const may = allowed(message, view);
  const sender = view.kind === "group" && !mine;
  const touch = useTouch({
    onHold: (at) => may.details && acts.menu(message, at),
    onSwipe: () => may.reply && acts.reply(message),
  });
  return (
    <article
      {...common}
      {...touch}
      aria-label={labelOf(message, view.me, mine && !message.unsent ? tickOf(message, marks) : undefined)}
      className={cx(
        "timeline-row__message",
        mine && "timeline-row__message--mine",
        sender && "timeline-row__message--sender",
        look,
      )}
      onPointerEnter={(event) => event.pointerType === "mouse" && setHot(true)}
      onPointerLeave={() => setHot(false)}
      onFocus={(event) => event.target === event.currentTarget && setHot(event.target.matches(":focus-visible"))}
      onBlur={() => setHot(false)}
      onContextMenu={(event) => {
        if (!may.details || isLink(event.target)) return;
        event.preventDefault();
        acts.menu(message, new DOMRect(event.clientX, event.clientY, 0, 0));
      }}
    >
      {sender && last && <SenderFace sender={message.sender} />}
      <Bubble message={message} mine={mine} first={first} named={sender && first}>
        {hot && may.details && <ActionBar message={message} may={may} />}
      </Bubble>
      {message.reactions?.length && !message.unsent ? <Reactions message={message} /> : null}
    </article>
  );
}

/** A link has a menu of the browser's own. */
function isLink(target: EventTarget): boolean {
  return target instanceof Element && target.closest("a") !== null;
}

function labelOf(message: Message, me: string, tick: Tick | undefined): string {
  const text = message.unsent ? t.conversation.messageUnsent : lineOf(message);
  const state = [message.edited && t.conversation.edited, tick && wordOf(tick)].filter(Boolean).join(", ");
  return t.conversation.message(nameOf(message, me), text, clockOf(message.createdAt), state);
}

function sendLabel(entry: OutboxRow): string {
  const text = lineOf({ type: "text", content: entry.content });
  return t.conversation.message(t.common.you, text, clockOf(entry.createdAt), wordOf(tickOfSend(entry)));
}

function UnreadLine({ count }: { count: string }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: an hr has no words.
    <div className="timeline-row__unread" role="separator" aria-label={t.conversation.new(count)}>
      <span>{t.conversation.new(count)}</span>
    </div>
  );
}
