import { ChevronLeft, ChevronRight, Download, MessageSquareText, X, ZoomIn, ZoomOut } from "lucide-react";
import { Dialog } from "radix-ui";
import { type KeyboardEvent, useCallback, useRef } from "react";
import { useLocation } from "wouter";
import { download } from "../../media/download.ts";
import { useEngine } from "../../session/session.ts";
import { locale } from "../../text/index.ts";
import { t } from "../../text/media.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import { IconButton, type IconButtonProps } from "../../ui/IconButton.tsx";
import { plainText } from "../../ui/plain-text.ts";
import { timeText } from "../../ui/time.ts";
import { useFocusReturn } from "../../ui/useFocusReturn.ts";
import { Film } from "../timeline/files/VideoBody.tsx";
import { Large, Prefetch } from "./Large.tsx";
import { type Picture, type Viewed, view } from "./state.ts";
import { type Pictures, usePictures } from "./usePictures.ts";
import { useZoom } from "./useZoom.ts";
import "./Viewer.css";

const close = () => view(undefined);

/** Pictures and videos as large as the screen: one walks through all of a conversation. Dark in both themes. */
export default function Viewer({ viewed }: { viewed: Viewed }) {
  const pictures = usePictures(viewed, close);
  const focus = useFocusReturn();
  return (
    <Dialog.Root open onOpenChange={(open) => open || close()}>
      <Dialog.Portal>
        <Dialog.Content
          className="viewer"
          aria-describedby={undefined}
          onOpenAutoFocus={focus.onOpenAutoFocus}
          onCloseAutoFocus={focus.onCloseAutoFocus}
        >
          <Dialog.Title className="visually-hidden">{t.media.viewer}</Dialog.Title>
          <One key={pictures.current.id} pictures={pictures} />
          <Prefetch file={pictures.all[pictures.index + 1]?.file} />
          <Prefetch file={pictures.all[pictures.index - 1]?.file} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function One({ pictures: { all, current, index, go } }: { pictures: Pictures }) {
  const stage = useRef<HTMLDivElement>(null);
  const isVideo = current.type === "video";
  const { width, height } = current.file;
  const size = isVideo || !width || !height ? undefined : { width, height };
  const step = useCallback((by: -1 | 1) => go(index + by), [go, index]);
  const zooming = useZoom({ stage, size, onSwipe: step, onTap: close });
  const { zoom, held, fitted } = zooming;
  const onKeyDown = keys({ ...zooming, go, index, count: all.length });
  const place = placeOf(all, current);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the whole dialog.
    <div ref={focusIfLost} className="viewer__frame" tabIndex={-1} onKeyDown={onKeyDown}>
      <Bar picture={current} zooming={size && zooming} />
      <div ref={stage} className="viewer__stage" {...(!isVideo && zooming.fingers)}>
        {isVideo ? (
          <Film file={current.file} className="viewer__film" />
        ) : (
          <Large picture={current} zoom={zoom} held={held} size={fitted} />
        )}
      </div>
      {index > 0 && <Step side="before" icon={ChevronLeft} label={t.media.previous} onClick={() => step(-1)} />}
      {index < all.length - 1 && <Step side="after" icon={ChevronRight} label={t.media.next} onClick={() => step(1)} />}
      <div className="viewer__foot">
        {current.content !== "" && (
          <p className="viewer__caption" dir="auto">
            {plainText(current.content)}
          </p>
        )}
        {place && <p className="viewer__place">{place}</p>}
      </div>
      <p className="visually-hidden" role="status">
        {[nameOf(current), whenOf(current), place, zoom.scale > 1 && t.media.zoomed(percent(zoom.scale))]
          .filter(Boolean)
          .join(", ")}
      </p>
    </div>
  );
}

interface StepProps extends IconButtonProps {
  side: "before" | "after";
}

function Step({ side, ...rest }: StepProps) {
  return <IconButton className={`viewer__step viewer__step--${side}`} {...rest} />;
}

interface BarProps {
  picture: Picture;
  /** Undefined: there is nothing to be zoomed. */
  zooming: ReturnType<typeof useZoom> | undefined;
}

/** Whose it is, and what one can do with it. */
function Bar({ picture, zooming }: BarProps) {
  const { sender, createdAt } = picture;
  return (
    <div className="viewer__bar">
      <Avatar id={sender.id} name={sender.displayName} src={sender.profileImage} size={32} />
      <span className="viewer__who">
        <bdi className="ellipsis">{sender.displayName}</bdi>
        <time dateTime={createdAt}>{whenOf(picture)}</time>
      </span>
      {zooming && (
        <>
          <IconButton
            icon={ZoomOut}
            label={t.media.zoomOut}
            shortcut="-"
            onClick={zooming.zoomOut}
            disabled={zooming.zoom.scale === 1}
          />
          <IconButton icon={ZoomIn} label={t.media.zoomIn} shortcut="+" onClick={zooming.zoomIn} />
        </>
      )}
      <Save picture={picture} />
      <Jump picture={picture} />
      <IconButton icon={X} label={t.media.close} shortcut="escape" onClick={close} />
    </div>
  );
}

function whenOf({ createdAt }: Picture): string {
  return timeText(new Date(createdAt), "full", new Date(), locale);
}

function Save({ picture }: { picture: Picture }) {
  const engine = useEngine();
  return <IconButton icon={Download} label={t.media.save} onClick={() => void download(engine, picture.file)} />;
}

/** To where it was said. */
function Jump({ picture: { conversationId, seq } }: { picture: Picture }) {
  const [, navigate] = useLocation();
  const jump = () => {
    close();
    navigate(`/c/${conversationId}#seq=${seq}`);
  };
  return <IconButton icon={MessageSquareText} label={t.media.showInChat} onClick={jump} />;
}

function nameOf({ type, sender }: Picture): string {
  return type === "video" ? t.media.videoFrom(sender.displayName) : t.media.photoFrom(sender.displayName);
}

/** Which of those that were sent together it is. */
function placeOf(all: readonly Picture[], { id, groupId }: Picture): string | undefined {
  if (groupId === undefined) return undefined;
  const album = all.filter((each) => each.groupId === groupId);
  const at = album.findIndex((each) => each.id === id);
  return album.length > 1 && at >= 0 ? t.media.place(at + 1, album.length) : undefined;
}

function percent(scale: number): string {
  return new Intl.NumberFormat(locale, { style: "percent" }).format(scale);
}

/** The keys go on with the next picture: it has the focus, where what had it is gone. */
function focusIfLost(element: HTMLElement | null): void {
  if (document.activeElement === document.body) element?.focus({ preventScroll: true });
}

interface KeyOptions extends Pick<ReturnType<typeof useZoom>, "zoomIn" | "zoomOut" | "reset" | "arrow"> {
  go: (index: number) => void;
  index: number;
  count: number;
}

function keys({ zoomIn, zoomOut, reset, arrow, go, index, count }: KeyOptions) {
  return (event: KeyboardEvent<HTMLElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const rtl = getComputedStyle(event.currentTarget).direction === "rtl";
    const acts: Record<string, () => unknown> = {
      "+": zoomIn,
      "=": zoomIn,
      "-": zoomOut,
      _: zoomOut,
      "0": reset,
      Home: () => go(0),
      End: () => go(count - 1),
      ArrowUp: () => arrow(0, -1),
      ArrowDown: () => arrow(0, 1),
      ArrowLeft: () => arrow(-1, 0) || go(index + (rtl ? 1 : -1)),
      ArrowRight: () => arrow(1, 0) || go(index + (rtl ? -1 : 1)),
    };
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
}
