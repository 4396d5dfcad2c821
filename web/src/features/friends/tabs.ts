/** What of the friends is shown: it stands in the path. */
export type FriendTab = "friends" | "requests" | "blocked";

export function tabOfPath(path: string): FriendTab {
  const part = path.split("/")[2];
  return part === "requests" || part === "blocked" ? part : "friends";
}

export function pathOfTab(tab: FriendTab): string {
  return tab === "friends" ? "/friends" : `/friends/${tab}`;
}
