import { ImageOff } from "lucide-react";
import { useState } from "react";
import type { LinkPreview } from "../../api/types.ts";
import "./LinkCard.css";

/** Pictures that could not be had: cards that are shown from now on do without. */
const missing = new Set<string>();

/** What a page says of itself, below the message with its link. */
export function LinkCard({ preview }: { preview: LinkPreview }) {
  const { url, title, description, image, siteName } = preview;
  return (
    <a className="link-card" href={url} target="_blank" rel="noopener noreferrer nofollow" tabIndex={-1}>
      {image !== undefined && <Picture key={image} src={image} />}
      <span className="link-card__words">
        <span className="link-card__site ellipsis" dir="auto">
          {siteName ?? hostOf(url)}
        </span>
        {title !== undefined && (
          <span className="link-card__title" dir="auto">
            {title}
          </span>
        )}
        {description !== undefined && (
          <span className="link-card__text" dir="auto">
            {description}
          </span>
        )}
      </span>
    </a>
  );
}

/** Its place is there before it is, and stays when nothing comes: what is being read does not move. */
function Picture({ src }: { src: string }) {
  const [left] = useState(() => missing.has(src));
  const [broken, setBroken] = useState(false);
  if (left) return null;
  const fail = () => {
    missing.add(src);
    setBroken(true);
  };
  return (
    <span className="link-card__picture">
      {broken ? <ImageOff /> : <img src={src} alt="" decoding="async" onError={fail} />}
    </span>
  );
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : url;
}
