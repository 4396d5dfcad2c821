import { X } from "lucide-react";
import type { ReactNode } from "react";
import type { OutboxRow, OutgoingFile } from "../../../db/schema.ts";
import { useProgress } from "../../../engine/progress.ts";
import { lengthText } from "../../../media/length.ts";
import { t } from "../../../text/media.ts";
import { IconButton } from "../../../ui/IconButton.tsx";
import { fileSize } from "../../../ui/size.ts";
import { useActs } from "../context.ts";
import { frameOf } from "../shownSize.ts";
import { CardShape } from "./FileCard.tsx";
import { WaitingPicture } from "./WaitingPicture.tsx";
import { Wave } from "./Wave.tsx";
import "./Photo.css";
import "./VoiceNote.css";

interface WaitingBodyProps {
  entry: OutboxRow & { file: OutgoingFile };
  meta: ReactNode;
}

/** The file of a message that is on its way, by what it is. */
export function WaitingBody({ entry, meta }: WaitingBodyProps) {
  const { file } = entry;
  if (/^(?:image|video)\//.test(file.mimeType)) {
    return (
      <div className="photo" style={frameOf(file)}>
        <WaitingPicture entry={entry} />
      </div>
    );
  }
  if (file.waveform === undefined) return <WaitingCard entry={entry} meta={meta} />;
  return (
    <div className="voice">
      <Cancel entry={entry} className="voice__cancel" />
      <Wave waveform={file.waveform} part={-1} />
      <span className="voice__line">
        <bdi dir="ltr">{lengthText(file.duration ?? 0)}</bdi>
        {meta}
      </span>
      <Bar clientId={entry.clientId} />
    </div>
  );
}

function WaitingCard({ entry, meta }: WaitingBodyProps) {
  const { file, clientId } = entry;
  const progress = useProgress(clientId);
  const size = fileSize(file.size);
  const words = progress ? t.media.sending(fileSize(progress.sent), size) : size;
  return (
    <>
      <CardShape
        {...file}
        detail={<bdi>{words}</bdi>}
        meta={meta}
        act={<Cancel entry={entry} className="file-card__act" />}
      />
      <Bar clientId={clientId} />
    </>
  );
}

function Cancel({ entry, className }: { entry: WaitingBodyProps["entry"]; className: string }) {
  const acts = useActs();
  if (entry.state === "failed") return null;
  return (
    <IconButton
      size="sm"
      className={className}
      tabIndex={-1}
      icon={X}
      label={t.media.cancel(entry.file.name)}
      onClick={() => acts.discard(entry.clientId)}
    />
  );
}

function Bar({ clientId }: { clientId: string }) {
  const { sent = 0, total = 1 } = useProgress(clientId) ?? {};
  return (
    <span className="file-card__bar" style={{ "--part": total > 0 ? sent / total : 0 }}>
      <span />
    </span>
  );
}
