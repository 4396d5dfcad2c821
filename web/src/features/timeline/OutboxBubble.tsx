import { CircleAlert } from "lucide-react";
import { ApiError } from "../../api/errors.ts";
import type { OutboxRow } from "../../db/schema.ts";
import { t } from "../../text/index.ts";
import { refusal } from "../../text/refusal.ts";
import { cx } from "../../ui/cx.ts";
import { fileSize } from "../../ui/size.ts";
import { BubbleMeta } from "./BubbleMeta.tsx";
import { BubbleText } from "./BubbleText.tsx";
import { useActs, useView } from "./context.ts";
import { isEmojiOnly } from "./emojiOnly.ts";
import { directionOf } from "./names.ts";
import { tickOfSend } from "./ticks.ts";
import "./OutboxBubble.css";

/** What is on its way, or was refused: it keeps its place. */
export function OutboxBubble({ entry, first }: { entry: OutboxRow; first: boolean }) {
  const { mentions } = useView();
  const failed = entry.state === "failed";
  const jumbo = entry.replyToId === undefined && isEmojiOnly(entry.content);
  const shape = cx(
    "bubble bubble--mine",
    first && "bubble--first",
    jumbo && "bubble--jumbo",
    failed && "bubble--failed",
  );
  return (
    <>
      <div className={shape}>
        <div className="bubble__body bubble__body--ticks" dir={directionOf(entry.content)}>
          <BubbleText id={entry.clientId} text={entry.content} mentions={mentions} mine />
          <BubbleMeta at={entry.createdAt} tick={tickOfSend(entry)} />
        </div>
      </div>
      {failed && <Failure entry={entry} />}
    </>
  );
}

function Failure({ entry }: { entry: OutboxRow }) {
  const acts = useActs();
  return (
    <div className="outbox-bubble__failure" role="alert">
      <CircleAlert />
      <span>{t.conversation.notSentBecause(reasonOf(entry))}</span>
      <span className="outbox-bubble__acts">
        <button type="button" onClick={() => acts.retry(entry.clientId)}>
          {t.common.retry}
        </button>
        <button type="button" onClick={() => acts.discard(entry.clientId)}>
          {t.common.delete}
        </button>
      </span>
    </div>
  );
}

function reasonOf({ error, file }: OutboxRow): string {
  if (error === undefined || error.code === "transport_lost") return t.conversation.noAnswer;
  if (file !== undefined && error.code === "too_large") {
    const { limit = Infinity } = error;
    // The server refuses for two reasons; this one can be seen.
    return file.size > limit
      ? t.errors.file_too_large(fileSize(file.size), fileSize(limit))
      : t.errors.no_room_for_files;
  }
  return refusal(new ApiError(error.code, error.detail, 0, "", [], error.retryAfter));
}
