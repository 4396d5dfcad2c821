import { type RefObject, useEffect, useRef } from "react";

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
      const active = document.activeElement;
      // A field with autofocus has taken it already.
      const taken = event.target instanceof Node && event.target.contains(active);
      before.current = opener(taken ? left : active);
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

/** What had the focus before the element that has it now. */
let left: Element | null = null;

/** Remembers it for all dialogs; once in the application. */
export function useFocusMemory(): void {
  useEffect(() => {
    const remember = ({ relatedTarget }: FocusEvent) => {
      left = relatedTarget instanceof Element ? relatedTarget : null;
    };
    document.addEventListener("focusin", remember);
    return () => document.removeEventListener("focusin", remember);
  }, []);
}

/** An act of a menu goes back to the button of the menu, which is gone by then. */
function opener(active: Element | null): HTMLElement | null {
  const button = active?.closest("[role=menu]")?.getAttribute("aria-labelledby");
  const element = button ? document.getElementById(button) : active;
  return element instanceof HTMLElement ? element : null;
}
