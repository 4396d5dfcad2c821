import { Copy } from "lucide-react";
import { memo, type PointerEvent, type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { t } from "../../text/index.ts";
import { copyText } from "../../ui/copy.ts";
import { cx } from "../../ui/cx.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import type { Mention } from "../../ui/mentions.ts";
import { useView } from "./context.ts";
import { isPlain } from "./plain.ts";
import { useMarkdown } from "./useMarkdown.ts";
import "../../ui/Markdown.css";
import "./BubbleText.css";

const LINES = 12;
/** Texts shorter than this can't have more lines, unless they say so. */
const MAY_FOLD = 380;

/** What was unfolded stays so when it is scrolled away and back. */
const unfolded = new Set<string>();

/** Which of the long texts without many lines were higher than twelve. */
const measured = new Map<string, boolean>();

interface BubbleTextProps {
  id: string;
  text: string;
  /** Who is mentioned in it. */
  mentions: readonly Mention[];
  /** It is the reader's own: nothing in it calls them. */
  mine?: boolean;
  /** Somebody's name in it was clicked: who, and where. */
  onMention?: (userId: string, at: HTMLElement) => void;
}

/** The words of a message: Markdown, code with a button to copy it, and folded if they are long. */
export const BubbleText = memo(function BubbleText({ id, text, mentions, mine, onMention }: BubbleTextProps) {
  const { me, trusted } = useView();
  const box = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(() => unfolded.has(id));
  const plain = isPlain(text);
  const Markdown = useMarkdown(!plain);
  const { mayFold, folds } = useFolding(box, text, plain || Markdown !== undefined);
  const toggle = () => {
    if (open) unfolded.delete(id);
    else unfolded.add(id);
    setOpen(!open);
  };
  return (
    <>
      <div ref={box} className={cx("bubble-text", mayFold && !open && "bubble-text--folded")}>
        {Markdown && !plain ? (
          // Tab leaves the timeline in one step: what is in a bubble is reached by its menu.
          <Markdown
            text={text}
            mentions={mentions}
            me={mine ? undefined : me}
            links={trusted}
            tabIndex={-1}
            onMention={onMention}
          />
        ) : (
          <div className="markdown">
            <p className="markdown__plain">{text}</p>
          </div>
        )}
        {text.includes("```") && <CopyCode />}
      </div>
      {folds && (
        <button type="button" tabIndex={-1} className="bubble-text__more" aria-expanded={open} onClick={toggle}>
          {open ? t.common.showLess : t.common.showMore}
        </button>
      )}
    </>
  );
});

/**
 * Whether a text folds. Most say so by their lines or their length; for those between one has to look, and that is
 * remembered: looking makes the browser lay out the page.
 */
function useFolding(
  box: RefObject<HTMLElement | null>,
  text: string,
  ready: boolean,
): { mayFold: boolean; folds: boolean } {
  const says = text.split("\n", LINES + 2).length > LINES + 1;
  const mayFold = says || text.length > MAY_FOLD;
  const [folds, setFolds] = useState(says || measured.get(text) === true);
  useLayoutEffect(() => {
    const element = box.current;
    if (!ready || !mayFold || says || element === null) return;
    const known = measured.get(text) ?? element.scrollHeight > element.clientHeight + 2;
    measured.set(text, known);
    setFolds(known);
  }, [box, text, ready, mayFold, says]);
  return { mayFold, folds: mayFold && (folds || says) };
}

/** One button for all code of a message: it stands at the block under the pointer. */
function CopyCode() {
  const button = useRef<HTMLDivElement>(null);
  const [code, setCode] = useState<{ text: string; top: number }>();
  useEffect(() => {
    const box = button.current?.parentElement;
    const over = (event: Event) => {
      const block = event.target instanceof Element ? event.target.closest("pre") : null;
      if (block !== null) setCode({ text: block.textContent ?? "", top: block.offsetTop });
    };
    box?.addEventListener("pointerover", over);
    return () => box?.removeEventListener("pointerover", over);
  }, []);
  const stay = (event: PointerEvent) => event.stopPropagation();
  return (
    <div
      ref={button}
      className="bubble-text__copy"
      style={{ "--code-top": `${code?.top ?? 0}px` }}
      onPointerDown={stay}
    >
      {code && (
        <IconButton
          size="sm"
          tabIndex={-1}
          icon={Copy}
          label={t.conversation.copyCode}
          onClick={() => void copyText(code.text)}
        />
      )}
    </div>
  );
}
