import { createContext, useContext } from "react";

/** Where in the bar above the details buttons of what is shown stand; null until it is there. */
export const DetailsBar = createContext<HTMLElement | null>(null);

export function useDetailsBar(): HTMLElement | null {
  return useContext(DetailsBar);
}
