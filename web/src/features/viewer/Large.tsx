import { useState } from "react";
import type { File } from "../../api/types.ts";
import { previewOf } from "../../media/previews.ts";
import { useFileUrl } from "../../media/useFileUrl.ts";
import { t } from "../../text/media.ts";
import { Blur } from "../timeline/files/Blur.tsx";
import type { Picture } from "./state.ts";
import type { Size, Zoom } from "./zoom.ts";

interface LargeProps {
  picture: Picture;
  zoom: Zoom;
  /** Fingers are on it: it follows at once. */
  held: boolean;
  /** As it is fitted; undefined: nobody knows its measures. */
  size: Size | undefined;
}

/** A picture on the stage: a blur, then the thumbnail, which is here mostly, then itself. */
export function Large({ picture, zoom: { scale, x, y }, held, size }: LargeProps) {
  const { file, clientId, sender, content } = picture;
  const thumbnail = useFileUrl(file, "md");
  const itself = useFileUrl(file, "original");
  const [loaded, setLoaded] = useState(false);
  const soon = previewOf(clientId) ?? thumbnail.url;
  const alt = content || t.media.photoFrom(sender.displayName);
  const style = {
    ...(size && { inlineSize: size.width, blockSize: size.height }),
    transform: `translate(${x}px, ${y}px) scale(${scale})`,
  };
  return (
    <div className={held ? "viewer__picture viewer__picture--held" : "viewer__picture"} style={style}>
      {!loaded && file.blurHash && size && <Blur hash={file.blurHash} {...size} />}
      {!loaded && soon && <img src={soon} alt="" draggable={false} onError={thumbnail.onError} />}
      {itself.url && (
        <img
          key={itself.url}
          src={itself.url}
          alt={alt}
          draggable={false}
          decoding="async"
          onLoad={() => setLoaded(true)}
          onError={itself.onError}
        />
      )}
      {itself.failed && !loaded && <p className="viewer__failed">{t.media.notShown}</p>}
    </div>
  );
}

/** What comes next is fetched before it is asked for. */
export function Prefetch({ file }: { file: File | undefined }) {
  return file === undefined ? null : <Fetched key={file.id} file={file} />;
}

function Fetched({ file }: { file: File }) {
  const { url, onError } = useFileUrl(file, "md", file.thumbnails !== undefined);
  return url === undefined ? null : <img hidden src={url} alt="" onError={onError} />;
}
