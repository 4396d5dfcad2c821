import { type RefObject, useRef } from "react";

interface FocusReturn {
  onOpenAutoFocus: (event: Event) => void;
  onCloseAutoFocus: (event: Event) => void;
}

/**
 * Gives the focus back to what had it when a dialog opened: radix knows only triggers of its own. `first`: what gets it
 * while the dialog is open, where that is not the first control.
 */
export function useFocusReturn(first?: RefObject<HTMLElement | null>): FocusReturn {
  const before = useRef<HTMLElement>(null);
  return {
    onOpenAutoFocus(event) {
      before.current = opener(document.activeElement);
      if (first === undefined) return;
      event.preventDefault();
      first.current?.focus();
    },
    onCloseAutoFocus(event) {
      event.preventDefault();
      if (before.current?.isConnected) before.current.focus();
    },
  };
}

/** An act of a menu goes back to the button of the menu, which is gone by then. */
function opener(active: Element | null): HTMLElement | null {
  const button = active?.closest("[role=menu]")?.getAttribute("aria-labelledby");
  const element = button ? document.getElementById(button) : active;
  return element instanceof HTMLElement ? element : null;
}
