import type { KeyboardEvent } from "react";
import type { Message } from "../../api/types.ts";
import { allowed } from "./allowed.ts";
import type { Acts, View } from "./context.ts";

/** The keys of the message that has the focus. What is not allowed does nothing. */
export function messageKey(event: KeyboardEvent, message: Message, element: HTMLElement, view: View, acts: Acts): void {
  const act = actOf(event, message, element, view, acts);
  if (act === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

const CODE_STEP_PX = 60;

/**
 * What is in a bubble is no stop of its own for Tab: the arrows of its message go to its pictures or to the place in a
 * voice note, and move code that is wider.
 */
function sideways(element: HTMLElement, by: number): (() => void) | undefined {
  const inner = element.querySelector<HTMLElement>("[role=slider], .album [data-open]");
  if (inner !== null) return () => inner.focus({ preventScroll: true });
  const wide = [...element.querySelectorAll("pre")].filter((code) => code.scrollWidth > code.clientWidth);
  if (wide.length === 0) return undefined;
  return () => {
    for (const code of wide) code.scrollBy({ left: by });
  };
}

function actOf(
  event: KeyboardEvent,
  message: Message,
  element: HTMLElement,
  view: View,
  acts: Acts,
): (() => void) | undefined {
  const may = allowed(message, view);
  const at = () => (element.querySelector(".bubble") ?? element).getBoundingClientRect();
  const mod = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (mod) {
    // What is selected is copied by the browser.
    const nothingSelected = document.getSelection()?.isCollapsed !== false;
    return key === "c" && may.copy && nothingSelected ? () => acts.copy(message) : undefined;
  }
  if (event.altKey) return undefined;
  switch (key) {
    case "enter":
    case "contextmenu":
      return may.details ? () => acts.menu(message, at()) : undefined;
    case " ":
      return may.open ? () => acts.open(message) : undefined;
    case "r":
      return may.reply ? () => acts.reply(message) : undefined;
    case "e":
      return may.edit ? () => acts.edit(message) : undefined;
    case "delete":
      return may.unsend ? () => acts.unsend(message) : undefined;
    case "arrowleft":
    case "arrowright":
      return sideways(element, key === "arrowleft" ? -CODE_STEP_PX : CODE_STEP_PX);
    case "+":
      return may.react ? () => acts.pick(message, at()) : undefined;
    default:
      return undefined;
  }
}
