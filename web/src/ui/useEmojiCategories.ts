import { type RefObject, useCallback, useState } from "react";

/** The picker has what was sought out of its list, and shows a new place, some frames later. */
const FRAMES = 200;

interface EmojiPlaces {
  /** The category that is in view. */
  current: number;
  /** Look again: it was scrolled. */
  look: () => void;
  show: (category: number) => void;
  /** Make its first emoji the one that the arrows go on from. */
  enter: (category: number) => void;
}

/**
 * Where the categories of the picker are. All of them are in the document, at their places, even while their emoji are
 * not; the picker itself has no way to go to one.
 */
export function useEmojiCategories(viewport: RefObject<HTMLElement | null>, count: number): EmojiPlaces {
  const [current, setCurrent] = useState(0);
  const places = useCallback(() => shown(viewport.current, "[frimousse-category]"), [viewport]);
  const look = useCallback(() => {
    const at = Math.ceil(viewport.current?.scrollTop ?? 0);
    setCurrent(
      Math.max(
        0,
        places().findLastIndex(({ offsetTop }) => offsetTop <= at),
      ),
    );
  }, [viewport, places]);
  const show = useCallback(
    (category: number) => {
      setCurrent(category);
      until(() => {
        const all = places();
        if (!laidOut(all, count)) return false;
        viewport.current?.scrollTo({ top: all[category]?.offsetTop ?? 0, behavior: "instant" });
        return true;
      });
    },
    [viewport, count, places],
  );
  const enter = useCallback(
    (category: number) =>
      until(() => {
        const all = places();
        const place = all[category];
        if (place === undefined || !laidOut(all, count)) return false;
        const below = place.offsetTop + (place.firstElementChild?.clientHeight ?? 0);
        const row = shown(viewport.current, "[frimousse-row]").find(({ offsetTop }) => Math.abs(offsetTop - below) < 2);
        // What the pointer comes over is where the arrows go on from: that is the one way to tell the picker.
        row?.firstElementChild?.dispatchEvent(new PointerEvent("pointerover", { bubbles: true, pointerType: "mouse" }));
        return row !== undefined;
      }),
    [viewport, count, places],
  );
  return { current, look, show, enter };
}

/** Bring the emoji that the arrows came to into view. A key that is held may be ahead of the rows that are there. */
export function follow(viewport: HTMLElement | null, key: string): void {
  const back = key === "ArrowUp" || key === "ArrowLeft";
  until(() => {
    const active = viewport?.querySelector("[data-active]");
    if (active != null) active.scrollIntoView({ block: "nearest" });
    else viewport?.scrollBy({ top: (viewport.clientHeight / 2) * (back ? -1 : 1), behavior: "instant" });
    return active != null || viewport == null;
  });
}

/** Whether all are there, and the picker knows how high they are. */
function laidOut(all: readonly HTMLElement[], count: number): boolean {
  return all.length >= count && (all[1]?.offsetTop ?? 0) > 0;
}

/** Without those that are there to be measured alone. */
function shown(viewport: HTMLElement | null, kind: string): HTMLElement[] {
  return [...(viewport?.querySelectorAll<HTMLElement>(`${kind}:not([aria-hidden] *)`) ?? [])];
}

/** Tries in each frame until it is done, or it is too late for it. */
function until(done: () => boolean, left = FRAMES): void {
  if (!done() && left > 0) requestAnimationFrame(() => until(done, left - 1));
}
