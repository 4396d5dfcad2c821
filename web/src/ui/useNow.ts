import { useSyncExternalStore } from "react";

/** The minute that it is, in milliseconds since 1970. One timer for the whole page, and none while nobody asks. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, minute);
}

const listeners = new Set<() => void>();
let timer: number | undefined;

const minute = () => Math.floor(Date.now() / 60_000) * 60_000;

function tick() {
  for (const each of listeners) each();
  timer = window.setTimeout(tick, minute() + 60_050 - Date.now());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) timer = window.setTimeout(tick, minute() + 60_050 - Date.now());
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.clearTimeout(timer);
    timer = undefined;
  };
}
