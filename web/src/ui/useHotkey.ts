import { useEffect, useEffectEvent } from "react";
import { matches, types } from "./hotkeys.ts";

/** Calls the handler when the keys (as `mod+k`, `alt+up`, `?`) are pressed anywhere, unless something took them before. */
export function useHotkey(keys: string, handler: (event: KeyboardEvent) => void, { when = true } = {}): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || !matches(keys, event) || types(event.target, event)) return;
    event.preventDefault();
    handler(event);
  });
  useEffect(() => {
    if (!when) return undefined;
    const listener = (event: KeyboardEvent) => press(event);
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, [when]);
}
