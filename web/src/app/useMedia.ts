import { useCallback, useSyncExternalStore } from "react";

/** Room for details beside a conversation. */
export const WIDE = "(min-width: 75em)";
/** One pane at a time. */
export const NARROW = "(max-width: 44.99em)";

export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const media = window.matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
}
