import { create } from "zustand";
import { persist } from "zustand/middleware";

export type Theme = "system" | "light" | "dark";

/** Colours that the accent may have; `petrol` is that of the tokens, the others are in accents.css. */
export const ACCENTS = ["petrol", "fern", "iris", "rose", "copper", "slate"] as const;
export type Accent = (typeof ACCENTS)[number];

/** How this browser shows Chatr. The same for everybody who uses it. */
export interface Appearance {
  theme: Theme;
  accent: Accent;
  sound: boolean;
  /** Whether to tell of new messages, where the browser allows it. */
  notify: "off" | "on";
  /** Whether notifications say what was written. */
  preview: boolean;
  /** Whether the next voice note begins when one has ended. */
  playNext: boolean;
}

const INITIAL: Appearance = {
  theme: "system",
  accent: "petrol",
  sound: false,
  notify: "off",
  preview: true,
  playNext: true,
};

export const useAppearance = create<Appearance>()(persist<Appearance>(() => INITIAL, { name: "chatr:appearance" }));

/** Change what is given. Other tabs follow: see `useTheme`. */
export function setAppearance(change: Partial<Appearance>): void {
  useAppearance.setState(change);
}
