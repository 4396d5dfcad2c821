import { type RefObject, useEffect, useRef } from "react";

/** Puts the focus into the first field of a step, when it begins. `quiet`: not where that opens a keyboard of glass. */
export function useFirstField<E extends HTMLElement>(quiet = false): RefObject<E | null> {
  const place = useRef<E>(null);
  useEffect(() => {
    if (quiet && !matchMedia("(hover: hover)").matches) return;
    const fields = place.current?.querySelectorAll<HTMLInputElement>("input:not([readonly])");
    const empty = [...(fields ?? [])].find((field) => field.value === "");
    (empty ?? fields?.[0])?.focus();
  }, [quiet]);
  return place;
}

/** Moves the focus to the first field of a form that is marked as wrong. */
export function focusWrong(form: HTMLElement | null): void {
  // After the marks are on the screen.
  requestAnimationFrame(() => form?.querySelector<HTMLInputElement>('[aria-invalid="true"]')?.focus());
}
