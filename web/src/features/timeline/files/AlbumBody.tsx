import { Play } from "lucide-react";
import type { KeyboardEvent } from "react";
import type { OutboxRow } from "../../../db/schema.ts";
import { previewOf } from "../../../media/previews.ts";
import { t } from "../../../text/media.ts";
import type { Album } from "../albums.ts";
import { useActs, useView } from "../context.ts";
import { messageKey } from "../keys.ts";
import { NotYet } from "./NotYet.tsx";
import { Still } from "./Still.tsx";
import { type PictureMessage, useShowPicture } from "./show.ts";
import { Length } from "./VideoBody.tsx";
import { WaitingPicture } from "./WaitingPicture.tsx";
import "./AlbumBody.css";

/** So many tiles there are at most; the last says how many pictures more there are. */
const MOST_TILES = 4;

/** Pictures that were sent together, in two columns; the first is wide where their number is odd. */
export function AlbumBody({ album: { messages, waiting } }: { album: Album }) {
  const all = [...messages, ...waiting];
  const tiles = all.slice(0, MOST_TILES);
  const more = all.length - tiles.length;
  const { trusted } = useView();
  return (
    <div className="album">
      {tiles.map((each, index) => {
        const label = t.media.place(index + 1, all.length);
        const hidden = index === MOST_TILES - 1 && more > 0 ? more : 0;
        if (isWaiting(each)) return <WaitingTile key={each.clientId} entry={each} hidden={hidden} />;
        const message = each as PictureMessage;
        return (
          <Tile key={each.clientId ?? each.id} message={message} place={label} hidden={hidden} trusted={trusted} />
        );
      })}
      {!trusted && <NotYet />}
    </div>
  );
}

function isWaiting(each: Album["messages"][number] | OutboxRow): each is OutboxRow {
  return "target" in each;
}

interface TileProps {
  message: PictureMessage;
  place: string;
  /** So many more pictures than tiles there are. */
  hidden: number;
  trusted: boolean;
}

function Tile({ message, place, hidden, trusted }: TileProps) {
  const show = useShowPicture();
  const acts = useActs();
  const view = useView();
  const { file, type, clientId } = message;
  const isVideo = type === "video";
  const label = (isVideo ? t.media.openVideo : t.media.openPhoto)(place);
  const still = <Still file={file} side={340} wanted={trusted} local={previewOf(clientId)} />;
  if (!trusted) return <div className="album__tile">{still}</div>;
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (sideways(event)) return;
    // Enter shows it; all else is done with it as with any message.
    if (event.key !== "Enter") messageKey(event, message, event.currentTarget, view, acts);
  };
  return (
    <button
      type="button"
      tabIndex={-1}
      className="album__tile"
      aria-label={label}
      data-open={message.id}
      onClick={() => show(message)}
      onKeyDown={onKeyDown}
    >
      {still}
      {isVideo && (
        <>
          <Length file={file} />
          <span className="photo__play photo__play--small">
            <Play />
          </span>
        </>
      )}
      {hidden > 0 && <More count={hidden} />}
    </button>
  );
}

function WaitingTile({ entry, hidden }: { entry: OutboxRow; hidden: number }) {
  return (
    <div className="album__tile">
      <WaitingPicture entry={entry} />
      {hidden > 0 && <More count={hidden} />}
    </div>
  );
}

function More({ count }: { count: number }) {
  return <span className="album__more">{t.media.more(count)}</span>;
}

/** Left and right go from tile to tile, and from the first back to the message. */
function sideways(event: KeyboardEvent<HTMLElement>): boolean {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return false;
  const tile = event.currentTarget;
  const tiles = [...(tile.parentElement?.querySelectorAll<HTMLElement>("button.album__tile") ?? [])];
  const rtl = getComputedStyle(tile).direction === "rtl";
  const at = tiles.indexOf(tile) + (rtl ? -step : step);
  const next = at < 0 ? tile.closest<HTMLElement>("[data-key]") : tiles[at];
  next?.focus({ preventScroll: true });
  event.preventDefault();
  event.stopPropagation();
  return true;
}
