import { Archive, BookOpen, Inbox, Search, Settings2, SquarePen, UserRound, UsersRound } from "lucide-react";
import { t } from "../../text/index.ts";
import { numberText } from "../../ui/number.ts";
import type { ChatData } from "./data.ts";
import { rankOf } from "./match.ts";
import { type Entry, tabOf } from "./order.ts";
import { friendsOf } from "./people.ts";
import type { Pick } from "./pick/PickBox.tsx";
import { entriesNamed, faceOf, hrefOf, isMuted, personFace, unreadText } from "./view.ts";

/** The most of a kind that are shown; more letters bring the others. */
const most = { recent: 6, chats: 5, people: 3 };

/** Chats that fit, the best first; without words the ones that were active last. */
export function chatPicks(query: string, data: ChatData, to: (path: string) => void): Pick[] {
  const entries = query === "" ? recent(data) : entriesNamed(query, data).slice(0, most.chats);
  return entries.map((entry) => toPick(entry, data, to));
}

function recent({ entries }: ChatData): Entry[] {
  const chats = entries.filter(({ conversation }) => conversation === undefined || tabOf(conversation) === "chats");
  return chats.slice(0, most.recent);
}

function toPick(entry: Entry, data: ChatData, to: (path: string) => void): Pick {
  const { conversation } = entry;
  const face = faceOf(entry, data);
  const members = conversation?.kind === "group" && t.conversation.members(numberText(conversation.memberCount ?? 0));
  const hint = [face.username, members, conversation && tabHint(conversation)].filter(Boolean).join(" · ");
  return {
    key: entry.key,
    name: face.name,
    face,
    ...(hint !== "" && { hint }),
    ...(conversation && { unread: { count: unreadText(conversation), muted: isMuted(conversation, data.now) } }),
    run: () => to(hrefOf(entry)),
  };
}

function tabHint(conversation: NonNullable<Entry["conversation"]>): string | undefined {
  const tab = tabOf(conversation);
  if (tab === "requests") return t.chats.request;
  return tab === "archived" ? t.chats.archivedHint : undefined;
}

/** Friends with whom there is no chat yet. */
export function personPicks(query: string, data: ChatData, to: (path: string) => void): Pick[] {
  if (query === "") return [];
  const chats = new Set(data.entries.map(({ conversation, personId }) => conversation?.other?.id ?? personId));
  return friendsOf(data.people.values(), query)
    .filter((each) => !chats.has(each.id))
    .slice(0, most.people)
    .map((each) => ({
      key: `person:${each.id}`,
      name: each.displayName || each.username,
      face: personFace(each, data),
      hint: each.username,
      run: () => to(`/u/${each.id}`),
    }));
}

interface Go {
  to: (path: string) => void;
  searchFor: (words: string) => void;
  startWith: (words: string) => void;
}

/** What one can do with the words, and where one can go. */
export function commandPicks(query: string, { to, searchFor, startWith }: Go): Pick[] {
  const places: Pick[] = [
    { key: "friends", name: t.chats.goFriends, icon: UsersRound, run: () => to("/friends") },
    { key: "requests", name: t.chats.goRequests, icon: Inbox, run: () => to("/requests") },
    { key: "archived", name: t.chats.goArchived, icon: Archive, run: () => to("/archived") },
    { key: "profile", name: t.chats.goProfile, icon: UserRound, run: () => to("/profile") },
    { key: "settings", name: t.chats.goSettings, icon: Settings2, run: () => to("/settings") },
    { key: "docs", name: t.chats.goDocs, icon: BookOpen, run: () => to("/docs") },
  ];
  if (query === "")
    return [{ key: "new", name: t.chats.newChat, icon: SquarePen, run: () => startWith("") }, ...places];
  return [
    ...places.filter(({ name }) => rankOf(query, name) !== null),
    { key: "new", name: t.chats.startWith(query), icon: SquarePen, run: () => startWith(query) },
    { key: "search", name: t.chats.searchFor(query), icon: Search, run: () => searchFor(query) },
  ];
}
