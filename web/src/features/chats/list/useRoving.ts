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
  const wanted = useRef<string>(undefined);
  const inside = useFocusInside(scroller);

  const rowFrom = (from: number, by: 1 | -1): number => {
    for (let at = from; at >= 0 && at < keys.length; at += by) if (isRow(at)) return at;
    return -1;
  };
  const indexOf = (key: string | undefined) => (key === undefined ? -1 : keys.indexOf(key));
  const current = [indexOf(active), indexOf(selected), rowFrom(0, 1)].find((index) => index >= 0 && isRow(index)) ?? 0;

  const move = (from: number, by: 1 | -1) => {
    const index = rowFrom(from, by);
    if (index < 0) return;
    wanted.current = keys[index];
    setActive(keys[index]);
    virtual.current?.scrollToIndex(index, { align: "nearest" });
  };
  const keep = (focused: Element) => setActive(focused.closest("[data-row]")?.getAttribute("data-row") ?? undefined);

  useLayoutEffect(() => {
    const lost = inside.current && document.activeElement === document.body;
    const index = indexOf(active);
    if (index >= 0) {
      place.current = index;
      if (lost) wanted.current = active;
    } else if (active !== undefined) {
      const near = Math.min(place.current, keys.length - 1);
      const heir = lost ? Math.max(rowFrom(near, 1), rowFrom(near, -1)) : -1;
      wanted.current = keys[heir];
      setActive(keys[heir]);
    }
  });
  const focusSoon = useFocusSoon();
  useEffect(() => {
    const key = wanted.current;
    if (key === undefined) return;
    wanted.current = undefined;
    focusSoon(() => rowElement(scroller.current, key));
  });
  return { current, move, keep };
}

/** A row that was far away is hidden until it is measured, and takes no focus before: as many frames as that may need. */
const patience = 20;

/** Focuses what is found, now or in one of the next frames; the last wish counts. */
function useFocusSoon() {
  const frame = useRef(0);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  return (find: () => HTMLElement | null) => {
    const attempt = (left: number) => {
      const row = find();
      row?.focus({ preventScroll: true });
      const done = row !== null && document.activeElement === row;
      if (!done && left > 0) frame.current = requestAnimationFrame(() => attempt(left - 1));
    };
    cancelAnimationFrame(frame.current);
    attempt(patience);
  };
}

/** The control of a row, where it is on the page. */
export function rowElement(within: ParentNode | null, key: string): HTMLElement | null {
  return within?.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"] a`) ?? null;
}

/** Whether the focus is in an element, or was until what had it was moved or removed, which no event tells. */
function useFocusInside(element: RefObject<HTMLElement | null>): RefObject<boolean> {
  const inside = useRef(false);
  useEffect(() => {
    const seen = (event: Event) => {
      inside.current = event.target instanceof Node && element.current?.contains(event.target) === true;
    };
    // A press beside takes the focus away, though to nothing.
    const kinds = ["focusin", "pointerdown"];
    for (const kind of kinds) document.addEventListener(kind, seen);
    return () => {
      for (const kind of kinds) document.removeEventListener(kind, seen);
    };
  }, [element]);
  return inside;
}
