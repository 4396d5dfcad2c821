import { Play, Video } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { File } from "../../../api/types.ts";
import { lengthText } from "../../../media/length.ts";
import { hear } from "../../../media/only.ts";
import { useFileUrl } from "../../../media/useFileUrl.ts";
import { t } from "../../../text/media.ts";
import { useView } from "../context.ts";
import { frameOf, shownSize } from "../shownSize.ts";
import { Opener } from "./Opener.tsx";
import { Still } from "./Still.tsx";
import type { PictureMessage } from "./show.ts";
import "./Photo.css";

/** A video: its first moment and how long it is; played in its place. */
export function VideoBody({ message }: { message: PictureMessage }) {
  const { file } = message;
  const { trusted } = useView();
  const [playing, setPlaying] = useState(false);
  const { width, height } = shownSize(file);
  if (playing) {
    return (
      <div className="photo" style={frameOf(file)}>
        <Film file={file} className="photo__video" />
      </div>
    );
  }
  const still = (
    <>
      <Still file={file} side={Math.max(width, height)} wanted={trusted} />
      <Length file={file} />
    </>
  );
  return (
    <Opener message={message} label={t.media.playVideo} onOpen={() => setPlaying(true)} still={still}>
      <span className="photo__play">
        <Play />
      </span>
    </Opener>
  );
}

/** How long a video is, at the upper start. */
export function Length({ file: { duration } }: { file: Pick<File, "duration"> }) {
  return (
    <span className="photo__badge">
      <Video aria-hidden="true" />
      {duration !== undefined && <bdi dir="ltr">{lengthText(duration)}</bdi>}
    </span>
  );
}

/** A video with the controls of the browser; it begins at once. What is heard elsewhere pauses. */
export function Film({ file, className }: { file: File; className: string }) {
  const { url, failed, onError } = useFileUrl(file, "original");
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    element?.focus({ preventScroll: true });
    return () => element?.pause();
  }, []);
  const poster = file.thumbnails?.md;
  return (
    <>
      {/* biome-ignore lint/a11y/useMediaCaption: nobody who sends one has captions. */}
      <video
        ref={video}
        className={className}
        src={url}
        poster={poster}
        controls
        autoPlay
        playsInline
        onError={onError}
        onPlay={(event) => hear(event.currentTarget)}
        onKeyDown={(event) => event.stopPropagation()}
      />
      {failed && <span className="photo__not-yet">{t.media.notShown}</span>}
    </>
  );
}
