import { create } from "zustand";
import { isLanguage, type Language } from "./samples.ts";

const KEY = "chatr:docs-language";

/** The language of all samples, kept for the next page and the next time. */
export const useLanguage = create<{ language: Language }>(() => {
  const kept = localStorage.getItem(KEY);
  return { language: isLanguage(kept) ? kept : "curl" };
});

export function setLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
  useLanguage.setState({ language });
}
