import { ChevronLeft, ChevronRight, Download, MessageSquareText, X, ZoomIn, ZoomOut } from "lucide-react";
import { Dialog } from "radix-ui";
import { type KeyboardEvent, useCallback, useRef } from "react";
import { useLocation } from "wouter";
import { download } from "../../media/download.ts";
import { useEngine } from "../../session/session.ts";
import { locale } from "../../text/index.ts";
import { t } from "../../text/media.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import { IconButton } from "../../ui/IconButton.tsx";
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
  const { zoom, held, fitted, zoomIn, zoomOut } = zooming;
  const frame = useAutofocus();
  const onKeyDown = keys({ ...zooming, go, index, count: all.length });
  const place = placeOf(all, current);
  const [from, when] = [nameOf(current), timeText(new Date(current.createdAt), "full", new Date(), locale)];
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the whole dialog.
    <div ref={frame} className="viewer__frame" tabIndex={-1} onKeyDown={onKeyDown}>
      <div className="viewer__bar">
        <Avatar id={current.sender.id} name={current.sender.displayName} src={current.sender.profileImage} size={32} />
        <span className="viewer__who">
          <bdi className="ellipsis">{current.sender.displayName}</bdi>
          <time dateTime={current.createdAt}>{when}</time>
        </span>
        {size && (
          <>
            <IconButton
              icon={ZoomOut}
              label={t.media.zoomOut}
              shortcut="-"
              onClick={zoomOut}
              disabled={zoom.scale === 1}
            />
            <IconButton icon={ZoomIn} label={t.media.zoomIn} shortcut="+" onClick={zoomIn} />
          </>
        )}
        <Save picture={current} />
        <Jump picture={current} />
        <IconButton icon={X} label={t.media.close} shortcut="escape" onClick={close} />
      </div>
      <div ref={stage} className="viewer__stage" {...(!isVideo && zooming.fingers)}>
        {isVideo ? (
          <Film file={current.file} className="viewer__film" />
        ) : (
          <Large picture={current} zoom={zoom} held={held} size={fitted} />
        )}
      </div>
      {index > 0 && (
        <IconButton
          className="viewer__step viewer__step--before"
          icon={ChevronLeft}
          label={t.media.previous}
          onClick={() => step(-1)}
        />
      )}
      {index < all.length - 1 && (
        <IconButton
          className="viewer__step viewer__step--after"
          icon={ChevronRight}
          label={t.media.next}
          onClick={() => step(1)}
        />
      )}
      <div className="viewer__foot">
        {current.content !== "" && (
          <p className="viewer__caption" dir="auto">
            {plainText(current.content)}
          </p>
        )}
        {place && <p className="viewer__place">{place}</p>}
      </div>
      <p className="visually-hidden" role="status">
        {[from, when, place, zoom.scale > 1 && t.media.zoomed(percent(zoom.scale))].filter(Boolean).join(", ")}
      </p>
    </div>
  );
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

/** The keys go on with the next picture: it has the focus, if the one before had it. */
function useAutofocus() {
  return useCallback((element: HTMLElement | null) => {
    if (element !== null && document.activeElement === document.body) element.focus({ preventScroll: true });
  }, []);
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
