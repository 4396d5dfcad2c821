import { Copy } from "lucide-react";
import { memo, type PointerEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { t } from "../../text/index.ts";
import { cx } from "../../ui/cx.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { copyText, Markdown } from "../../ui/Markdown.tsx";
import { useView } from "./context.ts";
import { isPlain } from "./plain.ts";
import "./BubbleText.css";

/** Texts shorter than this can't have more than twelve lines, unless they say so. */
const MAY_FOLD = 380;

/** What was unfolded stays so when it is scrolled away and back. */
const unfolded = new Set<string>();

/** The words of a message: Markdown, code with a button to copy it, and folded if they are long. */
export const BubbleText = memo(function BubbleText({ id, text }: { id: string; text: string }) {
  const { me, mentions, trusted } = useView();
  const box = useRef<HTMLDivElement>(null);
  const [folds, setFolds] = useState(false);
  const [open, setOpen] = useState(() => unfolded.has(id));
  const mayFold = text.length > MAY_FOLD || text.split("\n", 13).length > 12;
  useLayoutEffect(() => {
    const element = box.current;
    if (mayFold && element !== null) setFolds(element.scrollHeight > element.clientHeight + 2 || unfolded.has(id));
  }, [mayFold, id]);
  useEffect(() => {
    // Tab leaves the timeline in one step: what is in a bubble is reached by its menu.
    if (text !== "")
      for (const each of box.current?.querySelectorAll("a, pre") ?? []) each.setAttribute("tabindex", "-1");
  }, [text]);
  const toggle = () => {
    if (open) unfolded.delete(id);
    else unfolded.add(id);
    setOpen(!open);
  };
  return (
    <>
      <div ref={box} className={cx("bubble-text", mayFold && !open && "bubble-text--folded")}>
        {isPlain(text) ? (
          <div className="markdown">
            <p className="bubble-text__plain">{text}</p>
          </div>
        ) : (
          <Markdown text={text} mentions={mentions} me={me} links={trusted} />
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
