import { MessageSquareText } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import type { Message } from "../../api/types.ts";
import { closeDetails } from "../../app/panes.ts";
import { useMedia, WIDE } from "../../app/useMedia.ts";
import { locale } from "../../text/index.ts";
import { t } from "../../text/media.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { IconButton } from "../../ui/IconButton.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { fileSize } from "../../ui/size.ts";
import { Tabs } from "../../ui/Tabs.tsx";
import { timeText } from "../../ui/time.ts";
import { CardShape, DownloadLink } from "../timeline/files/FileCard.tsx";
import { Still } from "../timeline/files/Still.tsx";
import { Length } from "../timeline/files/VideoBody.tsx";
import { VoiceNote } from "../timeline/files/VoiceNote.tsx";
import { type Source, view } from "../viewer/state.ts";
import "./GalleryDialog.css";
import type { Shelf } from "./pages.ts";
import { type Kept, type ShelfState, useShelf } from "./useShelf.ts";

const SHELVES: readonly Shelf[] = ["media", "file", "audio"];

interface GalleryDialogProps {
  conversationId: string;
  onClose: () => void;
}

/** All that was sent in a conversation beside words: pictures and videos, files, voice notes. */
export default function GalleryDialog({ conversationId, onClose }: GalleryDialogProps) {
  const [kind, setKind] = useState<Shelf>("media");
  const shelf = useShelf(conversationId, kind);
  const options = SHELVES.map((value) => ({ value, label: t.media.tabs[value] }));
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.media.gallery}
      size="lg"
      footer={<Button onClick={onClose}>{t.common.close}</Button>}
    >
      <Tabs value={kind} onChange={setKind} options={options} label={t.media.galleryKinds} />
      <div className="gallery" role="tabpanel" aria-label={t.media.tabs[kind]}>
        <Items key={kind} kind={kind} shelf={shelf} onClose={onClose} />
        <More shelf={shelf} />
      </div>
    </Dialog>
  );
}

interface ItemsProps {
  kind: Shelf;
  shelf: ShelfState;
  onClose: () => void;
}

function Items({ kind, shelf, onClose }: ItemsProps) {
  const { items, hasMore, failed } = shelf;
  const jump = useJump(onClose);
  if (items.length === 0 && !hasMore && !failed) return <p className="gallery__none">{t.media.empty[kind]}</p>;
  if (kind === "media") return <Pictures shelf={shelf} />;
  return (
    <ul className="gallery__list">
      {items.map((message) => (
        <li key={message.id} className="gallery__row">
          {kind === "file" ? (
            <FileRow message={message} />
          ) : (
            <VoiceNote message={message} meta={<Said {...message} />} />
          )}
          <IconButton size="sm" icon={MessageSquareText} label={t.media.showInChat} onClick={() => jump(message)} />
        </li>
      ))}
    </ul>
  );
}

function Pictures({ shelf }: { shelf: ShelfState }) {
  const { items } = shelf;
  const source = useSource(shelf);
  return (
    <ul className="gallery__grid">
      {items.map((message) => (
        <li key={message.id}>
          <button
            type="button"
            className="gallery__tile"
            aria-label={`${message.type === "video" ? t.media.videoFrom(message.sender.displayName) : t.media.photoFrom(message.sender.displayName)}, ${when(message)}`}
            onClick={() => view({ at: message, source })}
          >
            <Still file={message.file} side={140} />
            {message.type === "video" && <Length file={message.file} />}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Whoever looks at one goes on through those that are here, and then the next page. */
function useSource(shelf: ShelfState): Source {
  const latest = useRef(shelf);
  latest.current = shelf;
  const source = useRef<Source>({
    begin: async () => latest.current.items,
    more: async (edge) => (edge === "older" ? latest.current.more() : []),
  });
  return source.current;
}

function FileRow({ message }: { message: Kept }) {
  const { file } = message;
  return (
    <CardShape
      {...file}
      detail={<bdi>{fileSize(file.size)}</bdi>}
      meta={<Said {...message} />}
      act={<DownloadLink file={file} className="file-card__act" />}
    />
  );
}

function Said({ sender, createdAt }: Pick<Message, "sender" | "createdAt">) {
  return <span className="gallery__said ellipsis">{t.media.from(sender.displayName, when({ createdAt }))}</span>;
}

function when({ createdAt }: Pick<Message, "createdAt">): string {
  return timeText(new Date(createdAt), "list", new Date(), locale);
}

/** To where it was said; what lies above the conversation goes. */
function useJump(onClose: () => void): (message: Message) => void {
  const [, navigate] = useLocation();
  const wide = useMedia(WIDE);
  return ({ conversationId, seq }) => {
    onClose();
    if (!wide) closeDetails();
    navigate(`/c/${conversationId}#seq=${seq}`);
  };
}

/** What comes when somebody has scrolled there. */
function More({ shelf: { items, hasMore, failed, more } }: { shelf: ShelfState }) {
  const end = useRef<HTMLDivElement>(null);
  const begun = items.length > 0;
  useEffect(() => {
    if (end.current === null || !begun) return undefined;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && void more());
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [more, begun]);
  if (failed) {
    return (
      <p className="gallery__none" role="alert">
        {t.media.galleryFailed} <Button onClick={() => void more()}>{t.common.retry}</Button>
      </p>
    );
  }
  if (!hasMore) return null;
  return <div ref={end}>{begun ? null : <Skeleton rows={3} />}</div>;
}
