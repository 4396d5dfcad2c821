import { ImageOff, X } from "lucide-react";
import { useState } from "react";
import type { OutboxRow, OutgoingFile } from "../../../db/schema.ts";
import { useProgress } from "../../../engine/progress.ts";
import { usePreview } from "../../../media/previews.ts";
import { t } from "../../../text/media.ts";
import { useActs } from "../context.ts";
import "./Still.css";
import "./Waiting.css";

/** A picture on its way: what this browser has of it, how much is at the server, and a way to stop it. */
export function WaitingPicture({ entry }: { entry: OutboxRow }) {
  const acts = useActs();
  const url = usePreview(entry.clientId);
  const progress = useProgress(entry.clientId);
  const { file } = entry;
  const part = progress === undefined || progress.total === 0 ? 0 : progress.sent / progress.total;
  return (
    <>
      <span className="still">{url && file && <Local url={url} file={file} />}</span>
      {entry.state !== "failed" && (
        <button
          type="button"
          tabIndex={-1}
          className="waiting__ring"
          style={{ "--part": part }}
          aria-label={t.media.cancel(file?.name ?? "")}
          onClick={() => acts.discard(entry.clientId)}
        >
          <X />
        </button>
      )}
    </>
  );
}

function Local({ url, file: { mimeType } }: { url: string; file: OutgoingFile }) {
  const [broken, setBroken] = useState(false);
  if (mimeType.startsWith("video/")) return <video className="still__image" src={url} muted preload="metadata" />;
  if (broken) return <ImageOff className="still__missing" aria-hidden="true" />;
  return <img className="still__image" src={url} alt="" draggable={false} onError={() => setBroken(true)} />;
}
