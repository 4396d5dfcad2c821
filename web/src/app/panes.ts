import { create } from "zustand";

interface Panes {
  /** Whether the details of the open conversation are shown: beside it, or above it where there is no room. */
  details: boolean;
  switcher: boolean;
  shortcuts: boolean;
  /** Somebody asked for the search of the open conversation, and it is not shown yet. */
  search: boolean;
}

/** What of the frame is open. */
export const usePanes = create<Panes>(() => ({ details: false, switcher: false, shortcuts: false, search: false }));

export function toggleDetails(): void {
  usePanes.setState(({ details }) => ({ details: !details }));
}
export function openDetails(): void {
  usePanes.setState({ details: true });
}
export function closeDetails(): void {
  usePanes.setState({ details: false });
}
export function openSwitcher(): void {
  usePanes.setState({ switcher: true });
}
export function searchConversation(): void {
  usePanes.setState({ search: true });
}
