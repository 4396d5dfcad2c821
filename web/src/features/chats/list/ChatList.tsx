import { Archive, MessageCircle, MessageCircleQuestionMark } from "lucide-react";
import { memo, type Ref, useEffect, useMemo, useRef } from "react";
import { useLocation } from "wouter";
import { focusPage } from "../../../app/focus.ts";
import { useMedia } from "../../../app/useMedia.ts";
import { useEngine } from "../../../session/session.ts";
import { t } from "../../../text/index.ts";
import { Button } from "../../../ui/Button.tsx";
import { ContextMenu } from "../../../ui/ContextMenu.tsx";
import { Empty } from "../../../ui/Empty.tsx";
import type { ChatData } from "../data.ts";
import type { ChatTab, Entry } from "../order.ts";
import { useListState } from "../state.ts";
import { viewOf } from "../view.ts";
import { type ChatActions, chatActions } from "./actions.ts";
import { ChatRow } from "./ChatRow.tsx";
import { InviteCard, MoreInvites } from "./InviteCard.tsx";
import { type Item, isRow, itemsOf, keyOf } from "./items.ts";
import { menuOf, rowKey, swipeActs } from "./menu.ts";
import { RowList, type RowListHandle } from "./RowList.tsx";
import { SwipeRow } from "./SwipeRow.tsx";
import { rowElement } from "./useRoving.ts";

interface ChatListProps {
  ref?: Ref<RowListHandle>;
  data: ChatData;
  tab: ChatTab;
  /** The key of the entry that is open beside the list. */
  open: string | undefined;
}

/** The rows of one tab, below what one is invited to. */
export function ChatList({ ref, data, tab, open }: ChatListProps) {
  const items = useMemo(() => itemsOf(data.invites, data.entries, tab), [data.invites, data.entries, tab]);
  const actions = useChatActions(open);
  useFocusKept(items.length);
  if (items.length === 0) return <NoChats tab={tab} />;
  const render = (item: Item, tabIndex: 0 | -1) => {
    switch (item.kind) {
      case "invite":
        return <InviteCard invite={item.invite} />;
      case "more":
        return <MoreInvites count={item.count} />;
      case "entry": {
        const { entry } = item;
        return <EntryRow entry={entry} data={data} open={entry.key === open} tabIndex={tabIndex} actions={actions} />;
      }
      default:
        return item satisfies never;
    }
  };
  return (
    <RowList
      // Each tab begins at its top.
      key={tab}
      ref={ref}
      label={tabNames[tab]}
      items={items}
      keyOf={keyOf}
      isRow={isRow}
      selected={open}
      render={render}
      onKey={(item, event) => {
        if (item.kind !== "entry" || item.entry.conversation === undefined) return;
        rowKey(event, item.entry.conversation, viewOf(item.entry, data, false), actions);
      }}
    />
  );
}

const tabNames: Record<ChatTab, string> = {
  chats: t.chats.tabChats,
  requests: t.chats.tabRequests,
  archived: t.chats.tabArchived,
};

/** What had the focus was the last that stood here. */
function useFocusKept(count: number): void {
  const before = useRef(count);
  useEffect(() => {
    if (count === 0 && before.current > 0 && document.activeElement === document.body) focusPage();
    before.current = count;
  }, [count]);
}

/** What rows do; deleting the open conversation leads back to the list. */
export function useChatActions(open: string | undefined): ChatActions {
  const engine = useEngine();
  const [, navigate] = useLocation();
  return useMemo(() => chatActions(engine, (id) => id === open && navigate("/")), [engine, open, navigate]);
}

interface EntryRowProps {
  entry: Entry;
  data: ChatData;
  open: boolean;
  query?: string;
  tabIndex: 0 | -1;
  actions: ChatActions;
}

/** A row with its menu, where there is a conversation that it could be about. Scrolling renders none anew. */
export const EntryRow = memo(function EntryRow({ entry, data, open, query, tabIndex, actions }: EntryRowProps) {
  const view = viewOf(entry, data, open);
  const row = <ChatRow view={view} open={open} query={query} tabIndex={tabIndex} />;
  const touch = useMedia("(pointer: coarse)");
  const { conversation } = entry;
  if (conversation === undefined) return row;
  const withMenu = <ContextMenu items={menuOf(conversation, view, ofMenu(actions), data.now)}>{row}</ContextMenu>;
  return touch && conversation.request === 0 ? (
    <SwipeRow acts={swipeActs(conversation, actions)}>{withMenu}</SwipeRow>
  ) : (
    withMenu
  );
});

/** The menu is gone when the question ends: the row takes the focus before, and has it again then. */
function ofMenu(actions: ChatActions): ChatActions {
  return {
    ...actions,
    remove(chat, name) {
      rowElement(document, chat.id)?.focus();
      return actions.remove(chat, name);
    },
  };
}

function NoChats({ tab }: { tab: ChatTab }) {
  const startChat = useListState((state) => state.startChat);
  switch (tab) {
    case "chats": {
      const action = (
        <Button kind="primary" onClick={() => startChat()}>
          {t.chats.newChat}
        </Button>
      );
      return <Empty icon={MessageCircle} title={t.chats.noChats} text={t.chats.noChatsText} action={action} />;
    }
    case "requests":
      return <Empty icon={MessageCircleQuestionMark} title={t.chats.noRequests} text={t.chats.noRequestsText} />;
    case "archived":
      return <Empty icon={Archive} title={t.chats.noArchived} text={t.chats.noArchivedText} />;
    default:
      return tab satisfies never;
  }
}
