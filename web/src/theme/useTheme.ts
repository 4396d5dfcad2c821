import { useEffect } from "react";
import { useAppearance } from "./appearance.ts";
import "./accents.css";

/** Puts the chosen theme and accent on the page, in all tabs at once. */
export function useTheme(): void {
  const { theme, accent } = useAppearance();
  useEffect(() => {
    const { dataset } = document.documentElement;
    if (theme === "system") delete dataset.theme;
    else dataset.theme = theme;
    dataset.accent = accent;
    document
      .querySelector('meta[name="color-scheme"]')
      ?.setAttribute("content", theme === "system" ? "light dark" : theme);
    const bar = getComputedStyle(document.body).backgroundColor;
    document.querySelector('meta[name="theme-color"]')?.setAttribute("content", bar);
  }, [theme, accent]);
  useEffect(() => {
    const follow = (event: StorageEvent) => {
      if (event.key === "chatr:appearance") void useAppearance.persist.rehydrate();
    };
    window.addEventListener("storage", follow);
    return () => window.removeEventListener("storage", follow);
  }, []);
}
