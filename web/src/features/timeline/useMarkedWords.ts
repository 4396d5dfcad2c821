import { useEffect } from "react";

const NAME = "conversation-hit";

/**
 * Marks what is looked for in the bubbles that are in view, by the highlights of the browser: the text itself stays
 * as it is. Browsers that have none show the ring of the hit alone.
 */
export function useMarkedWords(query: string): void {
  useEffect(() => {
    const box = document.querySelector(".conversation");
    if (query === "" || box === null || !("highlights" in CSS)) return undefined;
    let frame = 0;
    const mark = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => CSS.highlights.set(NAME, new Highlight(...rangesOf(box, query))));
    };
    mark();
    // Bubbles come and go while one scrolls.
    const observer = new MutationObserver(mark);
    observer.observe(box, { childList: true, subtree: true, characterData: true });
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      CSS.highlights.delete(NAME);
    };
  }, [query]);
}

function rangesOf(box: Element, query: string): Range[] {
  const wanted = query.toLocaleLowerCase();
  const ranges: Range[] = [];
  for (const bubble of box.querySelectorAll(".bubble-text")) {
    const walker = document.createTreeWalker(bubble, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = (node.nodeValue ?? "").toLocaleLowerCase();
      for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
        const end = Math.min(at + wanted.length, node.nodeValue?.length ?? 0);
        const range = new Range();
        range.setStart(node, Math.min(at, end));
        range.setEnd(node, end);
        ranges.push(range);
      }
    }
  }
  return ranges;
}
