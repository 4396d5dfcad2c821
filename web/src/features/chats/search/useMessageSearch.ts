import { useCallback, useEffect, useRef, useState } from "react";
import type { FoundMessage, MessageSearchParams } from "../../../api/types.ts";
import { useEngine } from "../../../session/session.ts";

/** What is asked for: the words, and where. */
export interface MessageQuery {
  q: string;
  conversationId?: string | undefined;
  senderId?: string | undefined;
}

export interface MessageHits {
  hits: readonly FoundMessage[];
  /** Behind which there are more. */
  next?: string | undefined;
  busy: boolean;
  error?: unknown;
}

/** As long as somebody types, nothing is asked. */
const pauseMs = 250;
const pageSize = 30;
/** The server takes no longer words. */
const longest = 200;

/** Messages with all the words, newest first: the first page, and the next ones when they are asked for. */
export function useMessageSearch({ q, conversationId, senderId }: MessageQuery) {
  const engine = useEngine();
  const [found, setFound] = useState<MessageHits>({ hits: [], busy: true });
  const [attempt, setAttempt] = useState(0);
  const control = useRef<AbortController>(null);

  const load = useCallback(
    async (before: string | undefined, signal: AbortSignal) => {
      setFound((former) => ({ hits: former.hits, next: former.next, busy: true }));
      const params: MessageSearchParams = { q: q.slice(0, longest), conversationId, senderId, before, limit: pageSize };
      try {
        const page = await engine.call("message.search", params, signal);
        if (signal.aborted) return;
        const next = page.nextCursor ?? undefined;
        setFound((former) => ({ hits: before ? [...former.hits, ...page.items] : page.items, next, busy: false }));
      } catch (error) {
        if (!signal.aborted) setFound((former) => ({ hits: before ? former.hits : [], busy: false, error }));
      }
    },
    [engine, q, conversationId, senderId],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks the same again
  useEffect(() => {
    const own = new AbortController();
    control.current = own;
    const timer = setTimeout(() => void load(undefined, own.signal), pauseMs);
    return () => {
      clearTimeout(timer);
      own.abort();
    };
  }, [load, attempt]);

  const more = () => {
    if (found.next !== undefined && !found.busy && control.current) void load(found.next, control.current.signal);
  };
  return { found, more, retry: () => setAttempt((times) => times + 1) };
}
