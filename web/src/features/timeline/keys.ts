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
    case "r":
      return may.reply ? () => acts.reply(message) : undefined;
    case "e":
      return may.edit ? () => acts.edit(message) : undefined;
    case "delete":
      return may.unsend ? () => acts.unsend(message) : undefined;
    case "+":
      return may.react ? () => acts.pick(message, at()) : undefined;
    default:
      return undefined;
  }
}
