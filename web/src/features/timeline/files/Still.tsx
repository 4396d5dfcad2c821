import { ImageOff } from "lucide-react";
import { useState } from "react";
import type { File } from "../../../api/types.ts";
import { useFileUrl } from "../../../media/useFileUrl.ts";
import { Blur } from "./Blur.tsx";
import "./Still.css";

interface StillProps {
  file: File;
  /** How large it is shown at most, in pixels of the layout. */
  side: number;
  /** It may be loaded. */
  wanted?: boolean;
  /** What this tab has of it. */
  local?: string;
}

/** The smallest that is sharp on this screen. */
function formFor(side: number): "sm" | "md" {
  return side * window.devicePixelRatio <= 320 ? "sm" : "md";
}

/** A picture, or the first moment of a video, that fills what is around it: a blur first, so that nothing jumps. */
export function Still({ file, side, wanted = true, local }: StillProps) {
  // Of a video that has none there is nothing to show.
  const has = file.thumbnails !== undefined || file.mimeType.startsWith("image/");
  const { url, failed, onError } = useFileUrl(file, formFor(side), wanted && has);
  const [loaded, setLoaded] = useState(false);
  return (
    <span className="still">
      {!loaded && file.blurHash && <Blur hash={file.blurHash} width={file.width} height={file.height} />}
      {!loaded && local && <img className="still__image" src={local} alt="" draggable={false} />}
      {url && (
        <img
          key={url}
          className="still__image"
          src={url}
          alt=""
          draggable={false}
          decoding="async"
          onLoad={() => setLoaded(true)}
          onError={onError}
        />
      )}
      {failed && !loaded && !local && <ImageOff className="still__missing" aria-hidden="true" />}
    </span>
  );
}
