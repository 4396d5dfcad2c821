import type { ChatTab } from "./order.ts";

const paths: Record<ChatTab, string> = { chats: "/", requests: "/requests", archived: "/archived" };

export function pathOfTab(tab: ChatTab): string {
  return paths[tab];
}

/** Which tab a path is; those of conversations are none. */
export function tabOfPath(path: string): ChatTab | undefined {
  if (path === paths.chats) return "chats";
  if (path === paths.requests) return "requests";
  return path === paths.archived ? "archived" : undefined;
}

/** The key of the entry that a path opens beside the list. */
export function openKey(path: string): string | undefined {
  const [, kind, id] = /^\/([cu])\/([^/]+)$/.exec(path) ?? [];
  if (id === undefined) return undefined;
  return kind === "c" ? id : `person:${id}`;
}

/** Whether the list of chats is on the screen at a path, or could be beside what is. */
export function isChatPath(path: string): boolean {
  return tabOfPath(path) !== undefined || openKey(path) !== undefined;
}
