import { Search } from "lucide-react";
import { type Ref, useMemo, useState } from "react";
import type { FoundMessage } from "../../../api/types.ts";
import { t } from "../../../text/index.ts";
import { refusal } from "../../../text/refusal.ts";
import { Button } from "../../../ui/Button.tsx";
import { Empty } from "../../../ui/Empty.tsx";
import type { ChatData } from "../data.ts";
import { EntryRow, useChatActions } from "../list/ChatList.tsx";
import { rowKey } from "../list/menu.ts";
import { RowList, type RowListHandle } from "../list/RowList.tsx";
import type { Entry } from "../order.ts";
import { entriesNamed, viewOf } from "../view.ts";
import { HitRow } from "./HitRow.tsx";
import { type Filter, SearchFilters } from "./SearchFilters.tsx";
import "./SearchResults.css";
import { type MessageHits, useMessageSearch } from "./useMessageSearch.ts";

type Item =
  | { kind: "heading"; key: string; text: string; count?: string; onAll?: (() => void) | undefined }
  | { kind: "chat"; key: string; entry: Entry }
  | { kind: "hit"; key: string; hit: FoundMessage };

interface SearchResultsProps {
  ref?: Ref<RowListHandle>;
  data: ChatData;
  query: string;
  /** The key of the entry that is open beside the list. */
  open: string | undefined;
}

/** What was found: chats by their names at once, then messages as the server finds them. */
export default function SearchResults({ ref, data, query, open }: SearchResultsProps) {
  const [filter, setFilter] = useState<Filter>({});
  const { found, more, retry } = useMessageSearch({ q: query, ...filter });
  const actions = useChatActions(open);
  const named = filter.conversationId === undefined && filter.senderId === undefined;
  const chats = useMemo(() => (named ? entriesNamed(query, data) : []), [named, query, data]);
  const [whole, showWhole] = useState(false);
  const [chosen, choose] = useState<string>();
  const items = itemsOf(chats, found, whole ? undefined : () => showWhole(true));
  const row = (item: Item, tabIndex: 0 | -1) => {
    switch (item.kind) {
      case "heading":
        return <Heading text={item.text} count={item.count} onAll={item.onAll} />;
      case "chat": {
        const { entry } = item;
        const isOpen = entry.key === open;
        return <EntryRow entry={entry} data={data} open={isOpen} query={query} tabIndex={tabIndex} actions={actions} />;
      }
      case "hit":
        return (
          <HitRow
            hit={item.hit}
            data={data}
            open={item.key === chosen && item.hit.conversationId === open}
            tabIndex={tabIndex}
            onOpen={() => choose(item.key)}
          />
        );
      default:
        return item satisfies never;
    }
  };
  return (
    <>
      <SearchFilters filter={filter} onChange={setFilter} hits={found.hits} data={data} open={open} />
      <p className="visually-hidden" role="status">
        {found.busy ? "" : t.chats.resultCount(chats.length + found.hits.length)}
      </p>
      {items.length > 0 && (
        <RowList
          ref={ref}
          label={t.chats.results}
          items={items}
          keyOf={keyOf}
          isRow={isRow}
          render={row}
          onNearEnd={more}
          onKey={(item, event) => {
            if (item.kind !== "chat" || item.entry.conversation === undefined) return;
            rowKey(event, item.entry.conversation, viewOf(item.entry, data, false), actions);
          }}
        />
      )}
      <Rest found={found} nothing={items.length === 0} query={query} onRetry={retry} />
    </>
  );
}

const keyOf = (item: Item) => item.key;
const isRow = (item: Item) => item.kind !== "heading";

/** So many chats leave the messages in sight. */
const few = 5;

/** `onAll`: what shows all chats; where there is nothing like it they are all here. */
function itemsOf(chats: readonly Entry[], { hits, next }: MessageHits, onAll?: () => void): Item[] {
  const items: Item[] = [];
  const some = onAll && chats.length > few ? chats.slice(0, few) : chats;
  if (chats.length > 0) {
    const count = String(chats.length);
    items.push({
      kind: "heading",
      key: "chats",
      text: t.chats.foundChats,
      count,
      onAll: some === chats ? undefined : onAll,
    });
  }
  for (const entry of some) items.push({ kind: "chat", key: entry.key, entry });
  if (hits.length > 0) {
    const count = `${hits.length}${next === undefined ? "" : "+"}`;
    items.push({ kind: "heading", key: "messages", text: t.chats.foundMessages, count });
  }
  for (const hit of hits) items.push({ kind: "hit", key: `message:${hit.id}`, hit });
  return items;
}

type HeadingProps = Omit<Extract<Item, { kind: "heading" }>, "kind" | "key">;

function Heading({ text, count = "", onAll }: HeadingProps) {
  return (
    <h2 className="search-results__heading">
      <span>{text}</span>
      {onAll === undefined ? (
        <span className="search-results__count">{count}</span>
      ) : (
        <button type="button" className="search-results__all" onClick={onAll}>
          {t.chats.showAll(count)}
        </button>
      )}
    </h2>
  );
}

interface RestProps {
  found: MessageHits;
  nothing: boolean;
  query: string;
  onRetry: () => void;
}

/** What is below the rows: that nothing was found, or why nobody knows. */
function Rest({ found, nothing, query, onRetry }: RestProps) {
  if (found.error !== undefined) {
    return (
      <div className="search-results__failed" role="alert">
        <span>{refusal(found.error)}</span>
        <Button size="sm" onClick={onRetry}>
          {t.common.retry}
        </Button>
      </div>
    );
  }
  if (!nothing || found.busy) return null;
  return <Empty icon={Search} title={t.chats.nothingFound(query)} text={t.chats.nothingFoundText} />;
}
