import { Check, CheckCheck, CircleAlert, Clock, File, Image, type LucideIcon, Mic, Video } from "lucide-react";
import { t } from "../../../text/index.ts";
import { SystemWords } from "../../timeline/SystemWords.tsx";
import type { Kind, Line, Tick } from "../line.ts";

const kinds: Record<Kind, LucideIcon> = { photo: Image, video: Video, voice: Mic, file: File };
const ticks: Record<Tick, LucideIcon> = { pending: Clock, sent: Check, delivered: CheckCheck, read: CheckCheck };

/** What stands below the name of a chat: one line that ends in an ellipsis where it must. */
export function RowLine({ line }: { line: Line }) {
  switch (line.kind) {
    case "failed":
      return (
        <span className="chat-row__failed">
          <CircleAlert aria-hidden="true" />
          {t.chats.notSent}
        </span>
      );
    case "active":
      return (
        <span className="chat-row__text chat-row__active" dir="auto">
          {line.text}
        </span>
      );
    case "draft":
      return (
        <span className="chat-row__text" dir="auto">
          <span className="chat-row__draft">{t.chats.draft}</span> {line.text}
        </span>
      );
    case "nothing":
      return null;
    case "told":
      return (
        <span className="chat-row__text">
          <SystemWords parts={line.parts} />
        </span>
      );
    case "said":
      return <Said line={line} />;
    default:
      return line satisfies never;
  }
}

function Said({ line: { who, tick, icon, text } }: { line: Extract<Line, { kind: "said" }> }) {
  const Ticks = tick && ticks[tick];
  const Icon = icon && kinds[icon];
  return (
    <>
      {Ticks && <Ticks className={`chat-row__tick chat-row__tick--${tick}`} role="img" aria-label={t.chats[tick]} />}
      {Icon && <Icon aria-hidden="true" />}
      <span className="chat-row__text" dir="auto">
        {who !== undefined && (
          <>
            <bdi className="chat-row__who">{who}</bdi>{" "}
          </>
        )}
        {text}
      </span>
    </>
  );
}
