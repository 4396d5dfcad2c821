import { useCallback, useEffect, useRef, useState } from "react";
import type { MessageReaders, User } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { refusal } from "../../text/refusal.ts";

/** People that are read at once. */
const PAGE = 50;

interface Shown {
  deliveredCount: number;
  /** Undefined: who gives no receipts is told none. */
  readCount: number | undefined;
  /** How many there are whom it could reach. */
  others: number;
  people: readonly User[];
  hasMore: boolean;
}

interface ReadersState {
  readers?: Shown;
  error?: string;
}

/** Who has read a message of a group, page by page, and again whenever more of them have. */
export function useReaders(messageId: string, conversationId: string): ReadersState & { more: () => void } {
  const engine = useEngine();
  const [state, setState] = useState<ReadersState>({});
  const cursor = useRef<string>(undefined);
  const control = useRef<AbortController>(null);
  const load = useCallback(
    async (behind?: string) => {
      control.current?.abort();
      const own = new AbortController();
      control.current = own;
      try {
        const params = { id: messageId, limit: PAGE, ...(behind !== undefined && { cursor: behind }) };
        const page = await engine.call("message.readers", params, own.signal);
        if (own.signal.aborted) return;
        // What is read again is the first page: those behind it stay.
        if (behind !== undefined || cursor.current === undefined) cursor.current = page.nextCursor ?? undefined;
        setState(({ readers }) => ({ readers: shown(page, readers?.people ?? [], cursor.current !== undefined) }));
      } catch (error) {
        if (!own.signal.aborted) setState(({ readers }) => ({ ...(readers && { readers }), error: refusal(error) }));
      }
    },
    [engine, messageId],
  );
  useEffect(() => {
    void load();
    const end = engine.onGroup(conversationId, ({ event }) => {
      if (event === "message.receipts" || event === "sync.changes") void load();
    });
    return () => {
      end();
      control.current?.abort();
    };
  }, [engine, conversationId, load]);
  return { ...state, more: () => void load(cursor.current) };
}

function shown(page: MessageReaders, before: readonly User[], hasMore: boolean): Shown {
  const known = new Set(before.map(({ id }) => id));
  return {
    deliveredCount: page.deliveredCount,
    readCount: page.readCount,
    others: page.memberCount - 1,
    people: [...before, ...page.items.flatMap(({ user }) => (known.has(user.id) ? [] : user))],
    hasMore,
  };
}
