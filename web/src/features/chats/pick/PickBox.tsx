import type { LucideIcon } from "lucide-react";
import { Search } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { t } from "../../../text/index.ts";
import { cx } from "../../../ui/cx.ts";
import type { Face } from "../view.ts";
import "./PickBox.css";
import { PickOption } from "./PickOption.tsx";

/** Something to pick: a chat or person with a face, or a command with an icon. */
export interface Pick {
  key: string;
  name: string;
  face?: Face;
  icon?: LucideIcon;
  /** Behind the name, quieter. */
  hint?: string;
  unread?: { count: string; muted: boolean };
  run: () => void;
}

export interface PickGroup {
  title: string;
  picks: readonly Pick[];
}

interface PickBoxProps {
  /** Its name, and what the empty field says. */
  label: string;
  placeholder: string;
  query: string;
  onQuery: (query: string) => void;
  groups: readonly PickGroup[];
  /** Behind the field. */
  trailing?: ReactNode;
  /** Below the field when there is nothing to pick. */
  nothing?: ReactNode;
}

/** A field with a list of what fits: ↑ and ↓ choose while one goes on typing, Enter picks. */
export function PickBox({ label, placeholder, query, onQuery, groups, trailing, nothing }: PickBoxProps) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const picks = groups.flatMap((group) => group.picks);
  const [chosen, choose] = useState({ query, index: 0 });
  // What was chosen among other results means nothing among these.
  const index = chosen.query === query ? Math.min(chosen.index, Math.max(0, picks.length - 1)) : 0;
  const idOf = (at: number) => `${id}-${at}`;

  useEffect(() => {
    list.current?.querySelector(`[data-at="${index}"]`)?.scrollIntoView({ block: "nearest" });
  }, [index]);

  const keyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || picks.length === 0) return;
    if (event.key === "Enter") picks[index]?.run();
    else if (event.key === "ArrowDown") choose({ query, index: (index + 1) % picks.length });
    else if (event.key === "ArrowUp") choose({ query, index: (index - 1 + picks.length) % picks.length });
    else return;
    event.preventDefault();
  };
  let at = 0;
  return (
    <div className="pick-box">
      <div className="pick-box__field">
        <Search aria-hidden="true" />
        <input
          type="text"
          role="combobox"
          aria-label={label}
          aria-expanded={picks.length > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={picks.length > 0 ? idOf(index) : undefined}
          autoComplete="off"
          spellCheck={false}
          dir="auto"
          placeholder={placeholder}
          value={query}
          onChange={(event) => onQuery(event.target.value)}
          onKeyDown={keyDown}
        />
        {trailing}
      </div>
      <p className="visually-hidden" role="status">
        {t.chats.resultCount(picks.length)}
      </p>
      <div className="pick-box__list" ref={list} id={`${id}-list`} role="listbox" aria-label={t.chats.results}>
        {groups.map(({ title, picks: own }) => (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset is no part of a list box
          <div key={title} role="group" aria-label={title} className={cx(own.length === 0 && "pick-box__none")}>
            <div className="pick-box__title" aria-hidden="true">
              {title}
            </div>
            {own.map((pick) => {
              const place = at++;
              return (
                <PickOption
                  key={pick.key}
                  id={idOf(place)}
                  at={place}
                  pick={pick}
                  query={query}
                  chosen={place === index}
                  onPoint={() => choose({ query, index: place })}
                />
              );
            })}
          </div>
        ))}
      </div>
      {picks.length === 0 && nothing}
    </div>
  );
}
