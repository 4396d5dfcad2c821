import { type KeyboardEvent, type ReactNode, useId, useMemo, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { t } from "../../text/developer.ts";
import { cx } from "../../ui/cx.ts";
import { SearchInput } from "../../ui/SearchInput.tsx";
import { useHotkey } from "../../ui/useHotkey.ts";
import { type Entry, find, type Hit } from "./search.ts";
import "./DocsSearch.css";

export interface DocsSearchProps {
  entries: readonly Entry[];
  /** What is shown while nothing is searched. */
  children: ReactNode;
}

/** Finds pages; the hits stand where the list of all pages was. */
export function DocsSearch({ entries, children }: DocsSearchProps) {
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const [, navigate] = useLocation();
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const hits = useMemo(() => find(entries, query), [entries, query]);
  useHotkey("/", () => input.current?.focus());
  const type = (text: string) => {
    setQuery(text);
    setActive(0);
  };
  const keyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const hit = hits[active];
    if (step !== 0 && hits.length > 0) setActive((active + step + hits.length) % hits.length);
    else if (event.key === "Enter" && hit !== undefined) navigate(hit.entry.path);
    else return;
    event.preventDefault();
  };
  const searching = query.trim() !== "";
  return (
    <>
      <div className="docs-search">
        <SearchInput
          ref={input}
          value={query}
          onChange={type}
          onKeyDown={keyDown}
          placeholder={t.developer.searchDocs}
          shortcut="/"
          role="combobox"
          aria-expanded={searching}
          aria-controls={id}
          aria-autocomplete="list"
          aria-activedescendant={searching && hits.length > 0 ? `${id}-${active}` : undefined}
        />
        <span className="visually-hidden" role="status">
          {searching && t.developer.results(hits.length)}
        </span>
      </div>
      <div className="docs__scroll">
        <div
          id={id}
          role="listbox"
          aria-label={t.developer.searchDocs}
          hidden={!searching}
          className="docs-search__hits"
        >
          {searching &&
            hits.map((hit, at) => <HitRow key={hit.entry.path} hit={hit} id={`${id}-${at}`} on={at === active} />)}
        </div>
        {searching && hits.length === 0 && <p className="docs-search__none">{t.common.nothingFound(query.trim())}</p>}
        {!searching && children}
      </div>
    </>
  );
}

function HitRow({ hit: { entry, snippet }, id, on }: { hit: Hit; id: string; on: boolean }) {
  return (
    <Link
      href={entry.path}
      id={id}
      role="option"
      aria-selected={on}
      tabIndex={-1}
      className={cx("docs-search__hit", on && "docs-search__hit--on")}
      ref={(element: HTMLAnchorElement | null) => {
        if (on) element?.scrollIntoView({ block: "nearest" });
      }}
    >
      <span className="docs-search__title">
        <b className="ellipsis">{entry.title}</b>
        <span>{entry.page ?? t.developer.kinds[entry.kind]}</span>
      </span>
      <span className="docs-search__snippet">{snippet}</span>
    </Link>
  );
}
