/** A key and what is held with it. `mod` is Ctrl, and Cmd on a Mac. */
export interface Combination {
  key: string;
  mod: boolean;
  alt: boolean;
  shift: boolean;
}

const NAMES: Record<string, string> = {
  esc: "escape",
  up: "arrowup",
  down: "arrowdown",
  left: "arrowleft",
  right: "arrowright",
  space: " ",
  del: "delete",
};
const SIGNS: Record<string, string> = {
  escape: "Esc",
  arrowup: "↑",
  arrowdown: "↓",
  arrowleft: "←",
  arrowright: "→",
  " ": "Space",
  delete: "Del",
  enter: "Enter",
};

export const isMac = /mac|iphone|ipad/i.test(globalThis.navigator?.platform ?? "");

/** Reads `mod+shift+m`. */
export function combination(keys: string): Combination {
  const parts = keys.toLowerCase().split("+");
  const last = parts.pop() ?? "";
  const key = last === "" ? "+" : (NAMES[last] ?? last);
  return { key, mod: parts.includes("mod"), alt: parts.includes("alt"), shift: parts.includes("shift") };
}

type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/** Whether a press is the combination. Signs that need Shift on some keyboards, as `?`, are themselves enough. */
export function matches(keys: string, press: Press, mac = isMac): boolean {
  const want = combination(keys);
  const mod = mac ? press.metaKey : press.ctrlKey;
  const other = mac ? press.ctrlKey : press.metaKey;
  const sign = want.key.length === 1 && !/[a-z0-9 ]/.test(want.key);
  return (
    press.key.toLowerCase() === want.key &&
    mod === want.mod &&
    !other &&
    press.altKey === want.alt &&
    (sign || press.shiftKey === want.shift)
  );
}

/** Whether a press types something where it happens, so that it is not ours unless Ctrl, Cmd or Alt is held. */
export function types(target: EventTarget | null, press: Press): boolean {
  if (press.ctrlKey || press.metaKey || press.altKey || press.key === "Escape") return false;
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable=true]") !== null;
}

/** The keys as they are shown, each for itself: `["Ctrl", "K"]`. What is no combination stays as it is. */
export function keyCaps(keys: string, mac = isMac): string[] {
  const { key, mod, alt, shift } = combination(keys);
  const caps: string[] = [];
  if (mod) caps.push(mac ? "⌘" : "Ctrl");
  if (alt) caps.push(mac ? "⌥" : "Alt");
  if (shift) caps.push(mac ? "⇧" : "Shift");
  caps.push(SIGNS[key] ?? (key.length === 1 ? key.toUpperCase() : keys));
  return caps;
}

/** The keys for `aria-keyshortcuts`. */
export function ariaKeys(keys: string, mac = isMac): string {
  const { key, mod, alt, shift } = combination(keys);
  const held = [mod && (mac ? "Meta" : "Control"), alt && "Alt", shift && "Shift"];
  return [...held, key === " " ? "Space" : key].filter(Boolean).join("+");
}
