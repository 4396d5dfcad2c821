import type { ReplyTo } from "../../api/types.ts";
import { t } from "../../text/index.ts";
import { lineOf } from "./names.ts";
import "./Quote.css";
import { useOwnQuote } from "./useOwnQuote.ts";

interface QuoteProps {
  quoted: ReplyTo;
  /** Go there; left out where there is nothing to go to. */
  onOpen?: () => void;
}

/** What a message answers to. A click goes there, if it is still there. */
export function Quote({ quoted, onOpen }: QuoteProps) {
  if (quoted.unsent === true || quoted.cleared === true) {
    const text = quoted.unsent === true ? t.conversation.messageUnsent : t.conversation.messageCleared;
    return (
      <span className="quote quote--gone">
        <span className="quote__text">{text}</span>
      </span>
    );
  }
  return <Whole quoted={quoted} onOpen={onOpen} />;
}

function Whole({ quoted, onOpen }: QuoteProps) {
  const own = useOwnQuote(quoted);
  return (
    <button type="button" tabIndex={-1} className="quote" onClick={onOpen}>
      <bdi className="quote__name ellipsis">{own ? t.common.you : quoted.senderName}</bdi>
      <span className="quote__text" dir="auto">
        {lineOf(quoted)}
      </span>
    </button>
  );
}
