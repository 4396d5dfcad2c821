import type { Engine } from "../../engine/engine.ts";
import type { Kept } from "./useShelf.ts";

/** What stands together: pictures and videos, what is heard, all else. */
export type Shelf = "media" | "file" | "audio";

export interface Pages {
  /** The next of them, newest first; asked for twice at once it is the same. */
  next(): Promise<readonly Kept[]>;
  hasMore(): boolean;
}

const PAGE = 60;

/** All files of one kind in a conversation, as the server tells them. */
export function pagesOf(engine: Pick<Engine, "call">, conversationId: string, kind: Shelf): Pages {
  let cursor: string | null | undefined;
  let asked: Promise<readonly Kept[]> | undefined;
  let over = false;
  const fetch = async () => {
    const params = { id: conversationId, kind, limit: PAGE, ...(cursor && { cursor }) };
    const page = await engine.call("conversation.files", params);
    cursor = page.nextCursor;
    over = !cursor;
    return page.items.filter((message): message is Kept => message.file !== undefined);
  };
  return {
    next() {
      if (over) return Promise.resolve([]);
      asked ??= fetch().finally(() => {
        asked = undefined;
      });
      return asked;
    },
    hasMore: () => !over,
  };
}
