import { useSyncExternalStore } from "react";

/** The message that the address asks for: `#seq=12`. */
export function useHit(): number | undefined {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  return seqOf(hash);
}

export function seqOf(hash: string): number | undefined {
  const found = /^#seq=(\d{1,15})$/.exec(hash)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** It has been gone to: the same hit can be asked for again. */
export function hitDone(): void {
  if (seqOf(window.location.hash) !== undefined) history.replaceState(history.state, "", window.location.pathname);
}

/** wouter tells of what it does to the history by events of its own. */
const EVENTS = ["hashchange", "popstate", "pushState", "replaceState"];

function subscribe(listener: () => void): () => void {
  for (const each of EVENTS) window.addEventListener(each, listener);
  return () => {
    for (const each of EVENTS) window.removeEventListener(each, listener);
  };
}
