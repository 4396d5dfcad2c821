import { CircleAlert } from "lucide-react";
import { ApiError } from "../../api/errors.ts";
import type { OutboxRow, OutgoingFile } from "../../db/schema.ts";
import { t } from "../../text/index.ts";
import { refusal } from "../../text/refusal.ts";
import { cx } from "../../ui/cx.ts";
import { fileSize } from "../../ui/size.ts";
import type { Album } from "./albums.ts";
import { BubbleMeta } from "./BubbleMeta.tsx";
import { BubbleText } from "./BubbleText.tsx";
import { useActs, useView } from "./context.ts";
import { isEmojiOnly } from "./emojiOnly.ts";
import { FileSpace, isPictureType } from "./FileSpace.tsx";
import { directionOf } from "./names.ts";
import { tickOfSend } from "./ticks.ts";
import { useFileBodies } from "./useFileBodies.ts";
import "./OutboxBubble.css";

interface OutboxBubbleProps {
  entry: OutboxRow;
  /** All that are sent together with it. */
  album?: Album;
  first: boolean;
}

/** What is on its way, or was refused: it keeps its place. */
export function OutboxBubble({ entry, album, first }: OutboxBubbleProps) {
  const failed = entry.state === "failed";
  const jumbo = !entry.file && entry.replyToId === undefined && isEmojiOnly(entry.content);
  const caption = (album?.waiting ?? [entry]).find(({ content }) => content !== "");
  const shape = cx(
    "bubble bubble--mine",
    first && "bubble--first",
    jumbo && "bubble--jumbo",
    failed && "bubble--failed",
    entry.file && isPictureType(entry.file.mimeType) && "bubble--media",
    entry.file && caption && "bubble--captioned",
  );
  return (
    <>
      <div className={shape}>
        {entry.file ? (
          <Filed entry={{ ...entry, file: entry.file }} album={album} caption={caption} />
        ) : (
          <Words entry={entry} />
        )}
      </div>
      {failed && <Failure entry={entry} />}
    </>
  );
}

function Words({ entry, className }: { entry: OutboxRow; className?: string }) {
  const { mentions } = useView();
  return (
    <div className={cx("bubble__body bubble__body--ticks", className)} dir={directionOf(entry.content)}>
      <BubbleText id={entry.clientId} text={entry.content} mentions={mentions} mine />
      <Meta entry={entry} />
    </div>
  );
}

function Meta({ entry }: { entry: OutboxRow }) {
  return <BubbleMeta at={entry.createdAt} tick={tickOfSend(entry)} />;
}

interface FiledProps {
  entry: OutboxRow & { file: OutgoingFile };
  album: Album | undefined;
  caption: OutboxRow | undefined;
}

function Filed({ entry, album, caption }: FiledProps) {
  const parts = useFileBodies();
  const { mimeType } = entry.file;
  const meta = <Meta entry={entry} />;
  return (
    <>
      {!parts ? (
        <FileSpace type={isPictureType(mimeType) ? "image" : "file"} file={entry.file} album={album !== undefined} />
      ) : album ? (
        <parts.AlbumBody album={album} />
      ) : (
        <parts.WaitingBody entry={entry} meta={caption ? null : meta} />
      )}
      {caption && <Words entry={caption} className="bubble__caption" />}
      {!caption && isPictureType(mimeType) && <span className="bubble__over">{meta}</span>}
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
