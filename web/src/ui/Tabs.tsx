import { type KeyboardEvent, useRef } from "react";
import { Count } from "./Count.tsx";
import { cx } from "./cx.ts";
import type { ChoiceProps } from "./Segments.tsx";
import "./Tabs.css";

/** Which part of a list is shown. Arrows go from tab to tab; what they choose is beside, not inside. */
export function Tabs<V extends string>({ value, onChange, options, label }: ChoiceProps<V>) {
  const list = useRef<HTMLDivElement>(null);
  const keyDown = (event: KeyboardEvent) => {
    const rtl = list.current !== null && getComputedStyle(list.current).direction === "rtl";
    const step = stepOf(event.key, rtl, options.length);
    if (step === undefined) return;
    event.preventDefault();
    const at = options.findIndex((option) => option.value === value);
    const index =
      Math.abs(step) > 1 ? (step < 0 ? 0 : options.length - 1) : (at + step + options.length) % options.length;
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

/** How far a key goes; to an end: further than there are. */
function stepOf(key: string, rtl: boolean, length: number): number | undefined {
  switch (key) {
    case "ArrowRight":
      return rtl ? -1 : 1;
    case "ArrowLeft":
      return rtl ? 1 : -1;
    case "Home":
      return -length - 1;
    case "End":
      return length + 1;
    default:
      return undefined;
  }
}
