import {
  AtSign,
  Copy,
  Download,
  ExternalLink,
  Info,
  Maximize2,
  MessageSquareQuote,
  Pencil,
  Play,
  Plus,
  Reply,
  Undo2,
} from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { KeyboardEvent } from "react";
import type { Message } from "../../api/types.ts";
import { chosenBy } from "../../engine/fold.ts";
import { t } from "../../text/index.ts";
import { cx } from "../../ui/cx.ts";
import { Menu, type MenuItem } from "../../ui/Menu.tsx";
import { mentionedIn } from "../../ui/mentions.ts";
import { allowed, firstLink } from "./allowed.ts";
import { type Acts, useActs, useView, type View } from "./context.ts";
import { mentionsOf } from "./mentions.ts";
import "./MessageMenu.css";

export const QUICK = ["👍", "❤️", "😂", "😮", "😢"];

export interface MenuPlace {
  message: Message;
  at: DOMRect;
  /** What had the focus: it gets it back. */
  from: HTMLElement | null;
}

export interface OverlayProps {
  place: MenuPlace | undefined;
  onClose: () => void;
}

export const atPlace = ({ at }: MenuPlace) => ({
  "--menu-x": `${at.x}px`,
  "--menu-y": `${at.y}px`,
  "--menu-width": `${at.width}px`,
  "--menu-height": `${at.height}px`,
});

/** The menu of a message; one for the whole timeline. It is always there, to know whether a key opens it. */
export function MessageMenu({ place, onClose }: OverlayProps) {
  const acts = useActs();
  const view = useView();
  const may = place && allowed(place.message, view);
  return (
    <Menu
      open={place !== undefined}
      onOpenChange={(open) => {
        if (open || place === undefined) return;
        onClose();
        giveBack(place);
      }}
      trigger={
        <button
          type="button"
          hidden={place === undefined}
          className="message-menu__anchor"
          style={place && atPlace(place)}
          tabIndex={-1}
          aria-label={t.conversation.actions}
        />
      }
      items={place ? itemsOf(place, view, acts) : []}
      header={
        place && may?.react ? <Quick message={place.message} onMore={() => acts.pick(place.message, place.at)} /> : null
      }
    />
  );
}

/** What is not allowed is not there. */
function itemsOf({ message, from }: MenuPlace, view: View, acts: Acts): MenuItem[] {
  const may = allowed(message, view);
  const link = view.trusted ? firstLink(message.content) : undefined;
  const items: MenuItem[] = [];
  if (may.reply)
    items.push({ label: t.conversation.reply, icon: Reply, shortcut: "r", onSelect: () => acts.reply(message) });
  if (may.copy)
    items.push({ label: t.conversation.copyText, icon: Copy, shortcut: "mod+c", onSelect: () => acts.copy(message) });
  if (may.open) items.push(...fileItems(message, acts));
  if (link !== undefined)
    items.push({ label: t.conversation.openLink, icon: ExternalLink, onSelect: () => openLink(link) });
  if (message.replyTo && !message.replyTo.unsent && !message.replyTo.cleared)
    items.push({
      label: t.conversation.showQuoted,
      icon: MessageSquareQuote,
      onSelect: () => acts.showQuoted(message),
    });
  items.push(...peopleOf(message, from, view, acts));
  if (may.edit)
    items.push({ label: t.conversation.edit, icon: Pencil, shortcut: "e", onSelect: () => acts.edit(message) });
  if (may.details) items.push({ label: t.conversation.details, icon: Info, onSelect: () => acts.details(message) });
  if (may.unsend)
    items.push("line", {
      label: t.conversation.unsend,
      icon: Undo2,
      shortcut: "del",
      danger: true,
      onSelect: () => acts.unsend(message),
    });
  return items;
}

/** What a click on its file does, and to have it. */
function fileItems(message: Message, acts: Acts): MenuItem[] {
  const download = { label: t.conversation.download, icon: Download, onSelect: () => acts.download(message) };
  if (message.type === "file") return [{ ...download, shortcut: "space" }];
  const plays = message.type !== "image";
  const label = plays ? t.conversation.playNote : t.conversation.openPicture;
  const icon = plays ? Play : Maximize2;
  return [{ label, icon, shortcut: "space", onSelect: () => acts.open(message) }, download];
}

/** Names and faces are no stops of their own for the keyboard: their cards are opened from here. */
function peopleOf(message: Message, row: HTMLElement | null, view: View, acts: Acts): MenuItem[] {
  if (row === null) return [];
  const at = row.querySelector<HTMLElement>(".bubble") ?? row;
  const { id: senderId, username: senderName } = message.sender;
  const sender = view.kind === "group" ? [{ id: senderId, username: senderName.replace(/^@/, "") }] : [];
  const mentioned = mentionedIn(message.content, mentionsOf(message, view));
  return [...sender, ...mentioned.filter(({ id }) => sender.length === 0 || id !== senderId)]
    .filter(({ id }) => id !== view.me)
    .map(({ id, username }) => ({
      label: t.conversation.showPerson(username),
      icon: AtSign,
      onSelect: () => acts.person(id, at),
    }));
}

/** What had opened it is gone: the focus goes back to the message, unless what was chosen has taken it. */
export function giveBack({ from }: Pick<MenuPlace, "from">): void {
  setTimeout(() => {
    if (document.activeElement === document.body) from?.focus({ preventScroll: true });
  }, 0);
}

function openLink(url: string): void {
  window.open(url, "_blank", "noopener,noreferrer");
}

/** The five that are chosen most, and the way to all others. Up and down go through them as through the menu. */
function Quick({ message, onMore }: { message: Message; onMore: () => void }) {
  const { me } = useView();
  const acts = useActs();
  const own = chosenBy(message, me);
  return (
    <DropdownMenu.Group className="message-menu__quick" onKeyDown={sideways}>
      {QUICK.map((emoji) => (
        <DropdownMenu.Item
          key={emoji}
          className={cx("message-menu__emoji", emoji === own && "message-menu__emoji--own")}
          aria-label={t.conversation.reactWith(emoji)}
          onSelect={() => acts.react(message, emoji)}
        >
          {emoji}
        </DropdownMenu.Item>
      ))}
      <DropdownMenu.Item className="message-menu__emoji" aria-label={t.conversation.moreReactions} onSelect={onMore}>
        <Plus />
      </DropdownMenu.Item>
    </DropdownMenu.Group>
  );
}

/** Left and right move within the row. */
function sideways(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return;
  const rtl = getComputedStyle(event.currentTarget).direction === "rtl";
  const items = [...event.currentTarget.children];
  const next = items[items.indexOf(document.activeElement ?? event.currentTarget) + (rtl ? -step : step)];
  if (next instanceof HTMLElement) next.focus();
  event.preventDefault();
}
