import { ChevronDown, ChevronUp, X } from "lucide-react";
import { type KeyboardEvent, useEffect, useEffectEvent, useState } from "react";
import type { Sender } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/index.ts";
import { refusal } from "../../text/refusal.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { SearchInput } from "../../ui/SearchInput.tsx";
import { shortName } from "../chats/line.ts";
import { useMarkedWords } from "./useMarkedWords.ts";
import "./SearchBar.css";

/** So long after the last letter it is looked for. */
const WAIT_MS = 250;

interface SearchBarProps {
  conversationId: string;
  /** It says who wrote what was found. */
  group: boolean;
  onHit: (seq: number) => void;
  onClose: () => void;
}

interface Hit {
  seq: number;
  sender: Sender;
}

interface Hits {
  query: string;
  /** Newest first. */
  found: readonly Hit[];
  error?: string;
}

/** A bar under the header: what was said here, hit by hit. */
export default function SearchBar({ conversationId, group, onHit, onClose }: SearchBarProps) {
  const { userId } = useEngine();
  const [query, setQuery] = useState("");
  const hits = useHits(conversationId, query.trim());
  useMarkedWords(query.trim());
  const [at, setAt] = useState(0);
  const go = (index: number) => {
    const seq = hits?.found[index]?.seq;
    if (seq === undefined) return;
    setAt(index);
    onHit(seq);
  };
  const first = useEffectEvent(() => go(0));
  useEffect(() => {
    if (hits !== undefined) first();
  }, [hits]);
  const keyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") go(at + (event.shiftKey ? -1 : 1));
    else if (event.key === "Escape" && query === "") onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const count = hits?.found.length ?? 0;
  const sender = group ? hits?.found[at]?.sender : undefined;
  return (
    <search className="search-bar">
      <SearchInput
        autoFocus
        value={query}
        onChange={setQuery}
        placeholder={t.conversation.searchHere}
        onKeyDown={keyDown}
      />
      <span className="search-bar__count" role="status">
        {hits && (hits.error ?? (count === 0 ? t.conversation.noHit : t.conversation.hit(at + 1, count)))}
        {sender && (
          <bdi className="search-bar__sender ellipsis">
            {sender.id === userId ? t.common.you : shortName(sender.displayName)}
          </bdi>
        )}
      </span>
      <IconButton
        icon={ChevronUp}
        label={t.conversation.hitBefore}
        shortcut="enter"
        disabled={at + 1 >= count}
        onClick={() => go(at + 1)}
      />
      <IconButton
        icon={ChevronDown}
        label={t.conversation.hitAfter}
        shortcut="shift+enter"
        disabled={at === 0}
        onClick={() => go(at - 1)}
      />
      <IconButton icon={X} label={t.conversation.closeSearch} shortcut="esc" onClick={onClose} />
    </search>
  );
}

/** What is found; undefined while nothing has been looked for. */
function useHits(conversationId: string, query: string): Hits | undefined {
  const engine = useEngine();
  const [hits, setHits] = useState<Hits>();
  useEffect(() => {
    const control = new AbortController();
    const timer = setTimeout(async () => {
      if (query === "") return setHits(undefined);
      try {
        const found = await engine.call("message.search", { q: query, conversationId, limit: 50 }, control.signal);
        setHits({ query, found: found.items });
      } catch (reason) {
        if (!control.signal.aborted) setHits({ query, found: [], error: refusal(reason) });
      }
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [engine, conversationId, query]);
  return hits;
}
