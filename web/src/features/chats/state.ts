import { create } from "zustand";
import type { ChatTab } from "./order.ts";

/** What of the list is neither in the address nor in the database: it stays while one goes from chat to chat. */
interface ListState {
  tab: ChatTab;
  query: string;
  /** Somebody asked for the search field, and it has not taken the focus yet. */
  wished: boolean;
  newChat: { open: boolean; query: string };
  setTab(tab: ChatTab): void;
  setQuery(query: string): void;
  granted(): void;
  /** Show the search field with these words, ready to go on. */
  search(query: string): void;
  /** Open the dialog for a new chat. */
  startChat(query?: string): void;
  closeNewChat(): void;
}

export const useListState = create<ListState>()((set) => ({
  tab: "chats",
  query: "",
  wished: false,
  newChat: { open: false, query: "" },
  setTab: (tab) => set({ tab }),
  setQuery: (query) => set({ query }),
  granted: () => set({ wished: false }),
  search: (query) => set({ query, wished: true }),
  startChat: (query = "") => set({ newChat: { open: true, query } }),
  closeNewChat: () => set({ newChat: { open: false, query: "" } }),
}));
