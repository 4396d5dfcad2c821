import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";

export interface RovingOptions {
  /** One key for each item, in their order. */
  keys: readonly string[];
  /** Whether one can go to an item; to headings one can not. */
  isRow: (index: number) => boolean;
  /** The key of the open one: Tab enters the list there. */
  selected: string | undefined;
  scroller: RefObject<HTMLElement | null>;
  virtual: RefObject<VirtualizerHandle | null>;
}

/** Which row Tab enters, and the focus: it is brought to rows that are not there yet, and stays when its row goes. */
export function useRoving({ keys, isRow, selected, scroller, virtual }: RovingOptions) {
  const [active, setActive] = useState<string>();
  const place = useRef(0);
  const wanted = useRef(false);
  const inside = useFocusInside(scroller);

  const rowFrom = (from: number, by: 1 | -1): number => {
    for (let at = from; at >= 0 && at < keys.length; at += by) if (isRow(at)) return at;
    return -1;
  };
  const indexOf = (key: string | undefined) => (key === undefined ? -1 : keys.indexOf(key));
  const current = [indexOf(active), indexOf(selected), rowFrom(0, 1)].find((index) => index >= 0) ?? 0;

  const move = (from: number, by: 1 | -1) => {
    const index = rowFrom(from, by);
    if (index < 0) return;
    wanted.current = true;
    setActive(keys[index]);
    virtual.current?.scrollToIndex(index, { align: "nearest" });
  };
  const keep = (focused: Element) => setActive(focused.closest("[data-row]")?.getAttribute("data-row") ?? undefined);

  useLayoutEffect(() => {
    const index = indexOf(active);
    if (index >= 0) place.current = index;
    if (active === undefined || index >= 0) return;
    const lost = inside.current && document.activeElement === document.body;
    const near = Math.min(place.current, keys.length - 1);
    const heir = lost ? Math.max(rowFrom(near, 1), rowFrom(near, -1)) : -1;
    wanted.current = heir >= 0;
    setActive(keys[heir]);
  });
  useEffect(() => {
    if (!wanted.current) return;
    const row = rowElement(scroller.current, keys[current] ?? "");
    if (row === null) return;
    wanted.current = false;
    row.focus({ preventScroll: true });
  });
  return { current, move, keep };
}

function rowElement(scroller: HTMLElement | null, key: string): HTMLElement | null {
  return scroller?.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"] a`) ?? null;
}

/** Whether the focus was last seen in an element: it goes without a word when what has it is removed. */
function useFocusInside(element: RefObject<HTMLElement | null>): RefObject<boolean> {
  const inside = useRef(false);
  useEffect(() => {
    const seen = (event: FocusEvent) => {
      inside.current = event.target instanceof Node && element.current?.contains(event.target) === true;
    };
    document.addEventListener("focusin", seen);
    return () => document.removeEventListener("focusin", seen);
  }, [element]);
  return inside;
}
