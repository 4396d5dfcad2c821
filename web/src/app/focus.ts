import { useEffect } from "react";

/** Marks what is the page at the moment. Spread it on the element. */
export const asPage = { "data-page": true, tabIndex: -1 } as const;

/** Gives the page the focus, if what had it is gone: the keyboard goes on from there, and not from the top. */
export function focusPage(): void {
  if (document.activeElement !== document.body) return;
  document.querySelector<HTMLElement>("[data-page]")?.focus({ preventScroll: true });
}

/** The same whenever another place is shown; none: another part of the screen is the page. */
export function useFocusPage(place: string | undefined): void {
  useEffect(() => {
    if (place !== undefined) focusPage();
  }, [place]);
}
