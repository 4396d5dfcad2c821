import { type KeyboardEvent, useRef } from "react";
import { arrowTo } from "./arrows.ts";
import { Count } from "./Count.tsx";
import { cx } from "./cx.ts";
import type { ChoiceProps } from "./Segments.tsx";
import "./Tabs.css";

/** Which part of a list is shown. Arrows go from tab to tab; what they choose is beside, not inside. */
export function Tabs<V extends string>({ value, onChange, options, label }: ChoiceProps<V>) {
  const list = useRef<HTMLDivElement>(null);
  const keyDown = (event: KeyboardEvent) => {
    const at = options.findIndex((option) => option.value === value);
    const index = arrowTo(event, at, options.length);
    if (index === undefined) return;
    event.preventDefault();
    const option = options[index];
    if (option) onChange(option.value);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[index]?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={keyDown}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          role="tab"
          aria-selected={option.value === value}
          tabIndex={option.value === value ? 0 : -1}
          className={cx("tabs__tab", option.value === value && "tabs__tab--on")}
          onClick={() => onChange(option.value)}
        >
          <span>{option.label}</span>
          {option.count !== undefined && <Count value={option.count} />}
        </button>
      ))}
    </div>
  );
}
