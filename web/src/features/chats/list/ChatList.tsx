import { Archive, MessageCircle, MessageCircleQuestionMark } from "lucide-react";
import { memo, type Ref, useMemo } from "react";
import { useLocation } from "wouter";
import { useMedia } from "../../../app/useMedia.ts";
import { useEngine } from "../../../session/session.ts";
import { t } from "../../../text/index.ts";
import { Button } from "../../../ui/Button.tsx";
import { ContextMenu } from "../../../ui/ContextMenu.tsx";
import { Empty } from "../../../ui/Empty.tsx";
import type { ChatData } from "../data.ts";
import { type ChatTab, type Entry, tabOf } from "../order.ts";
import { useListState } from "../state.ts";
import { viewOf } from "../view.ts";
import { type ChatActions, chatActions } from "./actions.ts";
import { ChatRow } from "./ChatRow.tsx";
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

/** The rows of one tab. */
export function ChatList({ ref, data, tab, open }: ChatListProps) {
  const entries = useMemo(() => data.entries.filter((entry) => entryTab(entry) === tab), [data.entries, tab]);
  const actions = useChatActions(open);
  if (entries.length === 0) return <NoChats tab={tab} />;
  return (
    <RowList
      // Each tab begins at its top.
      key={tab}
      ref={ref}
      label={tabNames[tab]}
      items={entries}
      keyOf={keyOf}
      selected={open}
      render={(entry, tabIndex) => (
        <EntryRow entry={entry} data={data} open={entry.key === open} tabIndex={tabIndex} actions={actions} />
      )}
      onKey={({ conversation, ...entry }, event) => {
        if (conversation) rowKey(event, conversation, viewOf({ conversation, ...entry }, data, false), actions);
      }}
    />
  );
}

export const keyOf = (entry: Entry) => entry.key;

const tabNames: Record<ChatTab, string> = {
  chats: t.chats.tabChats,
  requests: t.chats.tabRequests,
  archived: t.chats.tabArchived,
};

/** Who was written to and is not reached yet is among the chats. */
function entryTab({ conversation }: Entry): ChatTab {
  return conversation === undefined ? "chats" : tabOf(conversation);
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
