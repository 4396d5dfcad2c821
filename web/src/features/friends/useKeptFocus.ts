import { type FocusEvent, useEffect, useRef } from "react";

/**
 * Keeps the focus in a list when the row that had it goes, as a request does that was answered: the list has it then.
 * Give it what the list shows, and spread what it answers on the list.
 */
export function useKeptFocus(shown: unknown) {
  const list = useRef<HTMLDivElement>(null);
  const within = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: when what is shown changes, a row may have gone.
  useEffect(() => {
    if (within.current && document.activeElement === document.body) list.current?.focus({ preventScroll: true });
  }, [shown]);
  return {
    ref: list,
    tabIndex: -1,
    onFocus: () => {
      within.current = true;
    },
    // A row that goes has nothing that comes after it.
    onBlur: ({ relatedTarget, currentTarget }: FocusEvent) => {
      if (relatedTarget !== null && !currentTarget.contains(relatedTarget)) within.current = false;
    },
  };
}
