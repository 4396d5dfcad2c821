import DOMPurify from "dompurify";
import { type MouseEvent, memo, useMemo } from "react";
import "./Markdown.css";
import { type MarkdownOptions, toHtml } from "./markdown.ts";
import { EVERYBODY } from "./mentions.ts";

export interface MarkdownProps extends MarkdownOptions {
  text: string;
  /** Somebody's name in the text was clicked: who, and where. */
  onMention?: (userId: string, at: HTMLElement) => void;
}

const ALLOWED = {
  ALLOWED_TAGS: ["p", "br", "strong", "em", "del", "code", "pre", "a", "ul", "ol", "li", "blockquote", "span"],
  ALLOWED_ATTR: ["href", "target", "rel", "class", "dir", "tabindex", "start", "data-user", "data-language"],
  // These hold no addresses: the expression below is not for them.
  ADD_URI_SAFE_ATTR: ["target", "rel", "dir", "tabindex", "start", "data-user", "data-language"],
  ALLOW_DATA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
};

/** What people wrote, as they meant it. The only place where text becomes HTML, and only through the sanitiser. */
export const Markdown = memo(function Markdown({ text, mentions, me, links, onMention }: MarkdownProps) {
  const html = useMemo(() => clean(toHtml(text, { mentions, me, links })), [text, mentions, me, links]);
  const click = (event: MouseEvent) => {
    if (!(event.target instanceof HTMLElement)) return;
    const user = event.target.dataset.user;
    if (user && user !== EVERYBODY) onMention?.(user, event.target);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: names in a text are a short cut to what the details have, too.
    // biome-ignore lint/a11y/useKeyWithClickEvents: as above.
    <div
      className="markdown"
      dir="auto"
      onClick={click}
      // biome-ignore lint/security/noDangerouslySetInnerHtml: it comes from the sanitiser.
      dangerouslySetInnerHTML={{ __html: html }}
    />
  );
});

function clean(html: string): string {
  const trusted: unknown = DOMPurify.sanitize(html, { ...ALLOWED, RETURN_TRUSTED_TYPE: true });
  // React hands it on as it is; its types know only strings.
  return trusted as string;
}
