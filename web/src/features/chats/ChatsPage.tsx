import { SquarePen, UsersRound } from "lucide-react";
import { type KeyboardEvent, lazy, Suspense, useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { Banners } from "../../app/Banners.tsx";
import { asPage, useFocusPage } from "../../app/focus.ts";
import { NARROW, useMedia } from "../../app/useMedia.ts";
import { t } from "../../text/index.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { SearchInput } from "../../ui/SearchInput.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { Tabs } from "../../ui/Tabs.tsx";
import "./ChatsPage.css";
import { type ChatData, useChatData } from "./data.ts";
import { ChatList } from "./list/ChatList.tsx";
import type { RowListHandle } from "./list/RowList.tsx";
import { type ChatTab, tabOf } from "./order.ts";
import { openKey, pathOfTab, tabOfPath } from "./place.ts";
import { useListState, useOwnState } from "./state.ts";
import { useLate } from "./useLate.ts";

// What is asked for now and then comes when it is.
const NewChatDialog = lazy(() => import("./NewChatDialog.tsx"));
const SearchResults = lazy(() => import("./search/SearchResults.tsx"));
const NewGroupDialog = lazy(() => import("../groups/NewGroupDialog.tsx"));

/** The pane with the list of chats, beside or before the conversation. */
export default function ChatsPage() {
  useOwnState();
  const data = useChatData();
  const [path] = useLocation();
  const { query, setQuery, startChat } = useListState();
  const narrow = useMedia(NARROW);
  const rows = useRef<RowListHandle>(null);
  const tab = useTab(path);
  const open = openKey(path);
  const field = useSearchWish();
  useFocusPage(open === undefined ? tab : undefined);
  const down = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    rows.current?.focusFirst();
  };
  return (
    <section className="chats-page" aria-label={t.chats.list} {...(open === undefined && asPage)}>
      <header className="chats-page__bar">
        <h1 className="chats-page__title">{t.chats.title}</h1>
        <NewGroup />
        <IconButton icon={SquarePen} label={t.chats.newChat} onClick={() => startChat()} />
      </header>
      {narrow && <Banners />}
      <div className="chats-page__search">
        <SearchInput
          ref={field}
          value={query}
          onChange={setQuery}
          placeholder={t.chats.searchPlaceholder}
          aria-label={t.chats.searchLabel}
          shortcut="mod+k"
          onKeyDown={down}
        />
      </div>
      {query.trim() !== "" && data ? (
        <Suspense>
          <SearchResults ref={rows} data={data} query={query.trim()} open={open} />
        </Suspense>
      ) : (
        <>
          <ChatTabs tab={tab} path={path} data={data} />
          {data && (data.complete || data.entries.length + data.invites.length > 0) ? (
            <ChatList ref={rows} data={data} tab={tab} open={open} />
          ) : (
            <LateSkeleton />
          )}
        </>
      )}
      <NewChat />
    </section>
  );
}

/** The dialog for a new chat, from when it is first asked for. */
function NewChat() {
  const asked = useListState(({ newChat }) => newChat.open);
  const [came, setCame] = useState(asked);
  if (asked && !came) setCame(true);
  return (
    came && (
      <Suspense>
        <NewChatDialog />
      </Suspense>
    )
  );
}

/** The button for a new group; what it opens comes when it is asked for. */
function NewGroup() {
  const [open, setOpen] = useState(false);
  const [asked, setAsked] = useState(false);
  const start = () => {
    setAsked(true);
    setOpen(true);
  };
  return (
    <>
      <IconButton icon={UsersRound} label={t.chats.newGroup} onClick={start} />
      {asked && (
        <Suspense>
          <NewGroupDialog open={open} onOpenChange={setOpen} />
        </Suspense>
      )}
    </>
  );
}

/** The tab: of the path where it says one, else the one that was last shown. */
function useTab(path: string): ChatTab {
  const { tab, setTab } = useListState();
  const named = tabOfPath(path);
  useEffect(() => {
    if (named !== undefined) setTab(named);
  }, [named, setTab]);
  return named ?? tab;
}

function ChatTabs({ tab, path, data }: { tab: ChatTab; path: string; data: ChatData | undefined }) {
  const [, navigate] = useLocation();
  const setTab = useListState((state) => state.setTab);
  const people = data?.conversations.filter((each) => tabOf(each) === "requests").length ?? 0;
  // Groups that one is invited to wait for an answer, too.
  const requests = people + (data?.invites.length ?? 0);
  const choose = (next: ChatTab) => {
    setTab(next);
    // What is open beside the list stays open.
    if (openKey(path) === undefined) navigate(pathOfTab(next));
  };
  return (
    <div className="chats-page__tabs">
      <Tabs
        label={t.chats.tabs}
        value={tab}
        onChange={choose}
        options={[
          { value: "chats", label: t.chats.tabChats },
          { value: "requests", label: t.chats.tabRequests, ...(requests > 0 && { count: requests }) },
          { value: "archived", label: t.chats.tabArchived },
        ]}
      />
    </div>
  );
}

/** The search field, which takes the focus when somebody asked for it elsewhere. */
function useSearchWish() {
  const field = useRef<HTMLInputElement>(null);
  const { wished, granted } = useListState();
  useEffect(() => {
    if (!wished) return;
    field.current?.focus();
    granted();
  }, [wished, granted]);
  return field;
}

/** What is on its way is shown as such only when it takes long enough to be noticed. */
function LateSkeleton() {
  return useLate(300) ? <Skeleton rows={4} /> : null;
}
