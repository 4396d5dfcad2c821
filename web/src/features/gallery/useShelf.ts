import { useLiveQuery } from "dexie-react-hooks";
import { useCallback, useEffect, useRef, useState } from "react";
import type { File, Message } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { pagesOf, type Shelf } from "./pages.ts";

export type Kept = Message & { file: File };

export interface ShelfState {
  /** Newest first. */
  items: readonly Kept[];
  /** There may be more. */
  hasMore: boolean;
  failed: boolean;
  more: () => Promise<readonly Kept[]>;
}

/** The files of one kind in a conversation, page by page. What is unsent meanwhile leaves. */
export function useShelf(conversationId: string, kind: Shelf): ShelfState {
  const engine = useEngine();
  const [items, setItems] = useState<readonly Kept[]>([]);
  const [hasMore, setHasMore] = useState(true);
  const [failed, setFailed] = useState(false);
  const pages = useRef<ReturnType<typeof pagesOf>>(undefined);
  const more = useCallback(async () => {
    const { current } = pages;
    if (current === undefined) return [];
    try {
      setFailed(false);
      const found = await current.next();
      // Another shelf may be looked at by now.
      if (pages.current !== current) return [];
      // Two may have asked for the same page.
      setItems((before) => [...new Map([...before, ...found].map((each) => [each.id, each])).values()]);
      setHasMore(current.hasMore());
      return found;
    } catch {
      if (pages.current === current) setFailed(true);
      return [];
    }
  }, []);
  useEffect(() => {
    pages.current = pagesOf(engine, conversationId, kind);
    setItems([]);
    setHasMore(true);
    void more();
  }, [engine, conversationId, kind, more]);
  const rows = useLiveQuery(() => engine.db.messages.bulkGet(items.map(({ id }) => id)), [engine, items]);
  const shown = items.flatMap((item, index) => current(item, rows?.[index]));
  return { items: shown, hasMore, failed, more };
}

/** A message as it is now, where that is known here. */
function current(item: Kept, row: Message | undefined): Kept[] {
  if (row === undefined || row.id !== item.id) return [item];
  return row.file === undefined || row.unsent ? [] : [{ ...row, file: row.file }];
}
