import { type RefObject, useCallback, useEffect, useReducer, useRef } from "react";
import { useEngine } from "../../session/session.ts";
import { type Composing, type ComposingAction, composing, draftOf, nothing } from "./composing.ts";

/** So long after the last letter a draft is kept. */
const KEEP_MS = 300;

/** What is being written to somebody. It is there again when one comes back. `target`: changes with its name only. */
export function useDraft(target: string): [Composing, (action: ComposingAction) => void] {
  const { db } = useEngine();
  const [state, dispatch] = useReducer(composing, nothing);
  const loaded = useRef(false);
  const latest = useRef(state);
  latest.current = state;
  const former = useRef(target);
  const keep = useKeeping(target, state, loaded);
  useEffect(() => {
    let gone = false;
    // With the first message to a person what is being written is to the conversation with them, and goes on.
    if (former.current !== target) void db.drafts.delete(former.current);
    former.current = target;
    if (loaded.current && latest.current.text !== "") return keep();
    loaded.current = false;
    void (async () => {
      const draft = await db.drafts.get(target);
      const replyTo = draft?.replyToId === undefined ? undefined : await db.messages.get(draft.replyToId);
      if (gone) return;
      loaded.current = true;
      // What has been typed meanwhile is newer.
      if (draft !== undefined && latest.current.text === "") dispatch({ do: "restore", text: draft.text, replyTo });
    })();
    return () => {
      gone = true;
    };
  }, [db, target, keep]);
  return [state, dispatch];
}

/** Keeps it while it is written, and at the end; answers how to do so at once. */
function useKeeping(target: string, state: Composing, loaded: RefObject<boolean>): () => void {
  const { db } = useEngine();
  const { text, replyTo } = draftOf(state);
  const replyToId = replyTo?.id;
  const keep = useRef(() => {});
  keep.current = () => {
    if (!loaded.current) return;
    // A reply alone is kept too: it is what one was at.
    if (text.trim() === "" && replyToId === undefined) void db.drafts.delete(target);
    else void db.drafts.put({ target, text, ...(replyToId !== undefined && { replyToId }) });
  };
  useEffect(() => {
    // What was sent is no draft any more, not even when the first answer gives the conversation another address.
    if (text === "" && replyToId === undefined) return keep.current();
    const timer = setTimeout(() => keep.current(), KEEP_MS);
    return () => clearTimeout(timer);
  }, [text, replyToId]);
  useEffect(() => {
    // What was typed last must not be lost when the page goes.
    const leave = () => keep.current();
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, []);
  return useCallback(() => keep.current(), []);
}
