import { Archive, ArchiveRestore, Bell, BellOff, CheckCheck, LogOut, Pin, PinOff, Trash2 } from "lucide-react";
import type { KeyboardEvent } from "react";
import type { ConversationRow } from "../../../db/schema.ts";
import { t } from "../../../text/index.ts";
import type { MenuItem } from "../../../ui/Menu.tsx";
import type { RowView } from "../view.ts";
import type { ChatActions } from "./actions.ts";
import type { SwipeAct } from "./SwipeRow.tsx";
import type { Side } from "./swipe.ts";

const hour = 3_600_000;
/** The last day that all clients can write: muted until somebody ends it. */
const always = Date.UTC(9999, 0, 1);

/** What of a chat its menu looks at: the header of an open conversation has it too. */
type MenuView = Pick<RowView, "name" | "unread" | "muted">;

/** The menu of a row. What makes no sense at the moment is not there. */
export function menuOf(chat: ConversationRow, view: MenuView, actions: ChatActions, now: number): MenuItem[] {
  const items: MenuItem[] = [];
  if (view.unread !== "") {
    items.push({ label: t.chats.markRead, icon: CheckCheck, onSelect: () => actions.markRead(chat) });
  }
  if (chat.request === 0)
    items.push(...keepItems(chat, actions), "line", ...muteItems(chat, view, actions, now), "line");
  const group = chat.kind === "group";
  items.push({
    label: group ? t.chats.leaveGroup : t.chats.deleteChat,
    icon: group ? LogOut : Trash2,
    shortcut: "Del",
    danger: true,
    onSelect: () => void actions.remove(chat, view.name),
  });
  return items;
}

function keepItems(chat: ConversationRow, actions: ChatActions): MenuItem[] {
  const { pinned, archived } = chat;
  return [
    {
      label: pinned ? t.chats.unpin : t.chats.pin,
      icon: pinned ? PinOff : Pin,
      shortcut: "P",
      onSelect: () => void actions.pin(chat),
    },
    {
      label: archived ? t.chats.unarchive : t.chats.archive,
      icon: archived ? ArchiveRestore : Archive,
      shortcut: "E",
      onSelect: () => void actions.archive(chat),
    },
  ];
}

export function muteItems(
  chat: ConversationRow,
  view: Pick<MenuView, "muted">,
  actions: ChatActions,
  now: number,
): MenuItem[] {
  if (view.muted) return [{ label: t.chats.unmute, icon: Bell, onSelect: () => void actions.mute(chat, null) }];
  const choices: [string, number][] = [
    [t.chats.muteHour, now + hour],
    [t.chats.muteHours, now + 8 * hour],
    [t.chats.muteWeek, now + 7 * 24 * hour],
    [t.chats.muteAlways, always],
  ];
  return choices.map(([label, until]) => ({ label, icon: BellOff, onSelect: () => void actions.mute(chat, until) }));
}

/** The keys of a row. */
export function rowKey(event: KeyboardEvent, chat: ConversationRow, view: RowView, actions: ChatActions): void {
  const act = actOf(event.key.toLowerCase(), chat, view, actions);
  if (act === undefined) return;
  event.preventDefault();
  void act();
}

function actOf(
  key: string,
  chat: ConversationRow,
  view: RowView,
  actions: ChatActions,
): (() => Promise<void>) | undefined {
  switch (key) {
    case "p":
      return chat.request === 0 ? () => actions.pin(chat) : undefined;
    case "e":
      return chat.request === 0 ? () => actions.archive(chat) : undefined;
    case "delete":
      return () => actions.remove(chat, view.name);
    default:
      return undefined;
  }
}

/** What swiping a row does. */
export function swipeActs(chat: ConversationRow, actions: ChatActions): Record<Side, SwipeAct> {
  return {
    start: { icon: chat.pinned ? PinOff : Pin, run: () => void actions.pin(chat) },
    end: { icon: chat.archived ? ArchiveRestore : Archive, run: () => void actions.archive(chat) },
  };
}
