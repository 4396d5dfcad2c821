import { memo, useContext, useState } from "react";
import type { Message } from "../../api/types.ts";
import type { OutboxRow } from "../../db/schema.ts";
import { t } from "../../text/index.ts";
import { cx } from "../../ui/cx.ts";
import { ActionBar } from "./ActionBar.tsx";
import type { Album } from "./albums.ts";
import { allowed } from "./allowed.ts";
import { Bubble } from "./Bubble.tsx";
import { clockOf, wordOf } from "./BubbleMeta.tsx";
import { MarksContext, useActs, useView } from "./context.ts";
import { DayLine } from "./DayLine.tsx";
import { albumLine, lineOf, lineOfSend, nameOf } from "./names.ts";
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
          <OutboxBubble entry={row.entry} album={row.album} first={row.first} />
        </article>
      );
    case "message":
      return <MessageRow {...row} look={look} common={common} />;
  }
}

interface MessageRowProps {
  message: Message;
  mine: boolean;
  album?: Album;
  first: boolean;
  last: boolean;
  look: string;
  common: { tabIndex: number; "data-key": string };
}

function MessageRow({ message: last, mine, album, first, last: closes, look, common }: MessageRowProps) {
  const [hot, setHot] = useState(false);
  // Of an album, the picture that the pointer is on.
  const [over, setOver] = useState<string>();
  const view = useView();
  const marks = useContext(MarksContext);
  const acts = useActs();
  const messages = album?.messages ?? [last];
  const message = messages.find(({ id }) => id === over) ?? last;
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
      aria-label={labelOf(last, album, view.me, mine && !last.unsent ? tickOf(last, marks) : undefined)}
      className={cx(
        "timeline-row__message",
        mine && "timeline-row__message--mine",
        sender && "timeline-row__message--sender",
        look,
      )}
      onPointerOver={(event) => album && setOver(tileAt(event.target))}
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
      {sender && closes && <SenderFace sender={last.sender} />}
      <Bubble message={last} mine={mine} album={album} first={first} named={sender && first}>
        {hot && may.details && <ActionBar message={message} may={may} />}
      </Bubble>
      {messages.map((each) =>
        each.reactions?.length && !each.unsent ? <Reactions key={each.id} message={each} /> : null,
      )}
    </article>
  );
}

/** The message of the picture that something belongs to. */
function tileAt(target: EventTarget): string | undefined {
  return target instanceof Element ? target.closest<HTMLElement>("[data-open]")?.dataset.open : undefined;
}

/** A link has a menu of the browser's own. */
function isLink(target: EventTarget): boolean {
  return target instanceof Element && target.closest("a") !== null;
}

function labelOf(message: Message, album: Album | undefined, me: string, tick: Tick | undefined): string {
  const one = message.unsent ? t.conversation.messageUnsent : lineOf(message);
  const text = album ? albumLine(album) : one;
  const state = [message.edited && t.conversation.edited, tick && wordOf(tick)].filter(Boolean).join(", ");
  return t.conversation.message(nameOf(message, me), text, clockOf(message.createdAt), state);
}

function sendLabel(entry: OutboxRow): string {
  const text = lineOfSend(entry);
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
