import { useEffect, useRef, useSyncExternalStore } from "react";
import type { Message } from "../../api/types.ts";
import { isPlain } from "./plain.ts";

type Markdown = typeof import("../../ui/Markdown.tsx").Markdown;

/** Undefined: not here yet; null: it did not come, and texts stand as they were written. */
let loaded: Markdown | null | undefined;
let loading = false;
const listeners = new Set<() => void>();

/** So long after a conversation was opened there is time for what a later message may need. */
const SOON_MS = 2000;

/** The parser is a good part of the client, and most texts need none: it comes by itself. */
function load(): void {
  if (loading) return;
  loading = true;
  const done = (found: Markdown | null) => {
    loaded = found;
    loading = found !== null;
    for (const tell of listeners) tell();
  };
  void import("../../ui/Markdown.tsx").then(
    ({ Markdown }) => done(Markdown),
    () => done(null),
  );
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

/** What shows a text that is not plain, as soon as it is here. */
export function useMarkdown(wanted: boolean): Markdown | null | undefined {
  useEffect(() => {
    if (wanted) load();
  }, [wanted]);
  return useSyncExternalStore(subscribe, () => loaded);
}

/**
 * Whether a conversation can be shown as it is meant. It does not open before: a text that became another one would move
 * all others. `ready`: the messages are here.
 */
export function useReadable(messages: readonly Message[], ready: boolean): boolean {
  const readable = useRef(false);
  const needed = ready && !readable.current && !messages.every(({ content }) => isPlain(content));
  const found = useMarkdown(needed);
  useEffect(() => {
    const timer = setTimeout(load, SOON_MS);
    return () => clearTimeout(timer);
  }, []);
  if (ready && (!needed || found !== undefined)) readable.current = true;
  return readable.current;
}
