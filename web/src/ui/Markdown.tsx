import { createElement, type MouseEvent, memo, type ReactNode, useMemo } from "react";
import "./Markdown.css";
import { type MarkdownOptions, type Part, parse } from "./markdown.ts";
import { EVERYBODY } from "./mentions.ts";

export interface MarkdownProps extends MarkdownOptions {
  text: string;
  /** -1: the links and blocks in it are not in the order of Tab. */
  tabIndex?: number;
  /** Somebody's name in the text was clicked: who, and where. */
  onMention?: (userId: string, at: HTMLElement) => void;
}

const TAGS = { paragraph: "p", blockquote: "blockquote", strong: "strong", em: "em", del: "del" };

/** What people wrote, as they meant it: elements, and never HTML. */
export const Markdown = memo(function Markdown({ text, mentions, me, links, tabIndex, onMention }: MarkdownProps) {
  const parts = useMemo(() => parse(text, { mentions, me, links }), [text, mentions, me, links]);
  const click = (event: MouseEvent) => {
    if (!(event.target instanceof HTMLElement)) return;
    const user = event.target.dataset.user;
    if (user && user !== EVERYBODY) onMention?.(user, event.target);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: names in a text are a short cut to what the details have, too.
    // biome-ignore lint/a11y/useKeyWithClickEvents: as above.
    <div className="markdown" dir="auto" onClick={click}>
      {shown(parts, tabIndex)}
    </div>
  );
});

/** They are made once and never move: their place is their key. */
function shown(parts: readonly Part[], tabIndex: number | undefined): ReactNode {
  return parts.map((part, at) => <PartView key={String(at)} part={part} tabIndex={tabIndex} />);
}

function PartView({ part, tabIndex }: { part: Part; tabIndex: number | undefined }): ReactNode {
  switch (part.kind) {
    case "text":
      return part.text;
    case "plain":
      return <p className="markdown__plain">{part.text}</p>;
    case "br":
      return <br />;
    case "code":
      return <code>{part.text}</code>;
    case "block":
      return (
        <pre dir="ltr" tabIndex={tabIndex ?? 0} data-language={part.language}>
          <code>{part.text}</code>
        </pre>
      );
    case "link":
      return (
        <a href={part.href} target="_blank" rel="noopener noreferrer nofollow" tabIndex={tabIndex}>
          {shown(part.parts, tabIndex)}
        </a>
      );
    case "list": {
      const items = part.items.map((item, at) => <li key={String(at)}>{shown(item, tabIndex)}</li>);
      return part.start === undefined ? <ul>{items}</ul> : <ol start={part.start}>{items}</ol>;
    }
    case "mention":
      return (
        <span
          className={part.you ? "markdown__mention markdown__mention--you" : "markdown__mention"}
          data-user={part.id}
        >
          {part.text}
        </span>
      );
    default:
      return createElement(TAGS[part.kind], null, shown(part.parts, tabIndex));
  }
}
