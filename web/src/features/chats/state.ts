import { useLayoutEffect } from "react";
import { create } from "zustand";
import { useEngine } from "../../session/session.ts";
import type { ChatTab } from "./order.ts";

/** What of the list is neither in the address nor in the database: it stays while one goes from chat to chat. */
interface ListState {
  /** Whose it is: what one person looked for is nothing to the next one who signs in here. */
  owner: string;
  tab: ChatTab;
  query: string;
  /** Somebody asked for the search field, and it has not taken the focus yet. */
  wished: boolean;
  newChat: { open: boolean; query: string };
  belongTo(userId: string): void;
  setTab(tab: ChatTab): void;
  setQuery(query: string): void;
  granted(): void;
  /** Show the search field with these words, ready to go on. */
  search(query: string): void;
  /** Open the dialog for a new chat. */
  startChat(query?: string): void;
  closeNewChat(): void;
}

const fresh = { tab: "chats", query: "", wished: false, newChat: { open: false, query: "" } } as const;

export const useListState = create<ListState>()((set) => ({
  owner: "",
  ...fresh,
  belongTo: (userId) => set(({ owner }) => (owner === userId ? {} : { ...fresh, owner: userId })),
  setTab: (tab) => set({ tab }),
  setQuery: (query) => set({ query }),
  granted: () => set({ wished: false }),
  search: (query) => set({ query, wished: true }),
  startChat: (query = "") => set({ newChat: { open: true, query } }),
  closeNewChat: () => set({ newChat: { open: false, query: "" } }),
}));

/** For whatever shows or changes the state: it begins anew with each person. */
export function useOwnState(): void {
  const { userId } = useEngine();
  useLayoutEffect(() => useListState.getState().belongTo(userId), [userId]);
}
