import { ArrowLeft, Ban, Ellipsis, PanelRight, Search } from "lucide-react";
import { Link, useLocation } from "wouter";
import type { Sender } from "../../api/types.ts";
import { openDetails, toggleDetails, usePanes } from "../../app/panes.ts";
import { NARROW, useMedia } from "../../app/useMedia.ts";
import type { ActivityRow, ConversationRow, PersonRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/index.ts";
import { refusal } from "../../text/refusal.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import { cx } from "../../ui/cx.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { Menu, type MenuItem } from "../../ui/Menu.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { toast } from "../../ui/toast.tsx";
import { useNow } from "../../ui/useNow.ts";
import { shortName } from "../chats/line.ts";
import { chatActions } from "../chats/list/actions.ts";
import { menuOf } from "../chats/list/menu.ts";
import { isMuted, unreadText } from "../chats/view.ts";
import { askToBlock } from "../composer/askToBlock.ts";
import { presenceLine } from "./presenceLine.ts";
import type { ConversationData } from "./useConversation.ts";
import "./Header.css";

interface HeaderProps {
  data: ConversationData;
  activity: readonly ActivityRow[];
  /** Who is known in a group. */
  here: readonly Sender[];
  onSearch: () => void;
}

/** With whom one talks, whether they are here, and what can be done with the conversation. */
export function Header({ data, activity, here, onSearch }: HeaderProps) {
  const { conversation, person, presence, online } = data;
  const narrow = useMedia(NARROW);
  const { details } = usePanes();
  const now = useNow();
  const name = titleOf(conversation, person);
  const nameOf = (userId: string) => shortNameOf(here.find(({ id }) => id === userId));
  const line = presenceLine({ conversation, person, presence, activity, nameOf, online, now: new Date(now) });
  const request = conversation?.request === 1;
  const searchable = conversation !== undefined && !request;
  const items = useMenu(data, name, narrow && searchable ? onSearch : undefined);
  const shown =
    online && presence !== undefined && !presence.hidden && presence.status !== "offline" ? presence.status : null;
  const Heading = narrow ? "h1" : "h2";
  return (
    <header className="conversation-header">
      <Heading className="visually-hidden">{name}</Heading>
      <Link
        href="/"
        className="icon-button icon-button--md conversation-header__back"
        aria-label={t.conversation.backToChats}
      >
        <ArrowLeft />
      </Link>
      <button type="button" className="conversation-header__peer" title={t.conversation.details} onClick={openDetails}>
        <Avatar
          id={person?.id ?? conversation?.id ?? ""}
          name={name}
          src={person?.profileImage ?? conversation?.profileImage}
          size={38}
          kind={conversation?.kind === "group" ? "group" : person?.isBot ? "bot" : "person"}
          presence={shown}
        />
        <span className="conversation-header__words">
          <span className="conversation-header__name">
            <bdi className="ellipsis">{name}</bdi>
            {person?.isBot && <Tag>{t.chats.bot}</Tag>}
            {person?.isGuest && <Tag>{t.chats.guest}</Tag>}
            {person?.isSupport && <Tag>{t.chats.support}</Tag>}
          </span>
          <span className={cx("conversation-header__line ellipsis", line.live && "conversation-header__line--live")}>
            <bdi>{line.text}</bdi>
          </span>
        </span>
      </button>
      {!narrow && searchable && (
        <IconButton icon={Search} label={t.conversation.searchHere} shortcut="mod+f" onClick={onSearch} />
      )}
      {!narrow && (person !== undefined || conversation?.kind === "group") && (
        <IconButton
          icon={PanelRight}
          label={t.conversation.details}
          active={details}
          aria-pressed={details}
          onClick={toggleDetails}
        />
      )}
      {items.length > 0 && <Menu trigger={<IconButton icon={Ellipsis} label={t.conversation.menu} />} items={items} />}
    </header>
  );
}

function shortNameOf(person: Sender | undefined): string | undefined {
  return person && shortName(person.displayName || person.username);
}

/** What a conversation is called. */
export function titleOf(conversation: ConversationRow | undefined, person: PersonRow | undefined): string {
  if (conversation?.kind === "group") return conversation.title || t.chats.untitled;
  return person?.displayName ?? t.common.deletedUser;
}

function useMenu(
  { conversation, person }: ConversationData,
  name: string,
  onSearch: (() => void) | undefined,
): MenuItem[] {
  const engine = useEngine();
  const [, navigate] = useLocation();
  const now = useNow();
  const items: MenuItem[] = [];
  if (onSearch !== undefined)
    items.push({ label: t.conversation.searchHere, icon: Search, onSelect: onSearch }, "line");
  if (person !== undefined && !blocks(conversation, person)) {
    items.push({
      label: t.conversation.block(person.displayName),
      icon: Ban,
      danger: true,
      onSelect: async () => {
        if (!(await askToBlock(person.displayName))) return;
        await engine.call("friend.block", { userId: person.id }).catch((error: unknown) => toast(refusal(error)));
      },
    });
  }
  if (conversation === undefined) return items;
  const view = { name, unread: unreadText(conversation), muted: isMuted(conversation, now) };
  const own = menuOf(
    conversation,
    view,
    chatActions(engine, () => navigate("/")),
    now,
  );
  // Deleting stands last, below blocking.
  const last = own.pop();
  return [...own, ...items, ...(last === undefined ? [] : [last])];
}

function blocks(conversation: ConversationRow | undefined, person: PersonRow): boolean {
  return conversation?.blockedByMe === true || person.blockedByMe === true;
}
