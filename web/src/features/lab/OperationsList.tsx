import { useRef, useState } from "react";
import { t } from "../../text/developer.ts";
import { cx } from "../../ui/cx.ts";
import { SearchInput } from "../../ui/SearchInput.tsx";
import { useHotkey } from "../../ui/useHotkey.ts";
import { areaWord, byArea } from "../docs/areas.ts";
import type { Operation } from "../docs/reference.ts";
import "./OperationsList.css";

export interface OperationsListProps {
  operations: readonly Operation[];
  chosen: string;
  onChoose: (name: string) => void;
}

/** All operations, by area. */
export function OperationsList({ operations, chosen, onChoose }: OperationsListProps) {
  const [query, setQuery] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useHotkey("/", () => input.current?.focus());
  const found = matching(operations, query);
  return (
    <section className="lab-operations" aria-label={t.developer.operations}>
      <div className="lab-operations__filter">
        <SearchInput
          ref={input}
          value={query}
          onChange={setQuery}
          placeholder={t.developer.filterOperations(operations.length)}
          shortcut="/"
          onKeyDown={(event) => {
            const [first] = found;
            if (event.key === "Enter" && first !== undefined) onChoose(first.name);
          }}
        />
      </div>
      <div className="lab__scroll lab-operations__list">
        {byArea(found).map(([area, items]) => (
          <div key={area} className="lab-operations__area">
            <h2>{areaWord(area)}</h2>
            {items.map(({ name, summary }) => (
              <button
                key={name}
                type="button"
                title={summary.replaceAll("``", "")}
                className={cx("lab-operations__entry", name === chosen && "lab-operations__entry--on")}
                aria-current={name === chosen || undefined}
                onClick={() => onChoose(name)}
              >
                <span className="ellipsis">{name}</span>
              </button>
            ))}
          </div>
        ))}
        {found.length === 0 && <p className="lab__none">{t.common.nothingFound(query.trim())}</p>}
      </div>
    </section>
  );
}

function matching(operations: readonly Operation[], query: string): readonly Operation[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return operations.filter(({ name, summary }) => {
    const text = `${name} ${summary}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
