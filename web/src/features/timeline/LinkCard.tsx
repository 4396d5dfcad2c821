import { useState } from "react";
import type { LinkPreview } from "../../api/types.ts";
import "./LinkCard.css";

/** What a page says of itself, below the message with its link. */
export function LinkCard({ preview }: { preview: LinkPreview }) {
  const [broken, setBroken] = useState(false);
  const { url, title, description, image, siteName } = preview;
  return (
    <a className="link-card" href={url} target="_blank" rel="noopener noreferrer nofollow" tabIndex={-1}>
      {image !== undefined && !broken && (
        <img className="link-card__image" src={image} alt="" decoding="async" onError={() => setBroken(true)} />
      )}
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

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : url;
}
