import { ChevronDown } from "lucide-react";
import type { FoundMessage } from "../../../api/types.ts";
import { t } from "../../../text/index.ts";
import { cx } from "../../../ui/cx.ts";
import { Menu, type MenuItem } from "../../../ui/Menu.tsx";
import type { ChatData } from "../data.ts";
import { faceOf, personFace } from "../view.ts";
import "./SearchFilters.css";

/** Where messages are looked for; nothing: everywhere. */
export interface Filter {
  conversationId?: string;
  senderId?: string;
}

interface SearchFiltersProps {
  filter: Filter;
  onChange: (filter: Filter) => void;
  /** What was found so far: its chats and senders are offered. */
  hits: readonly FoundMessage[];
  data: ChatData;
  open: string | undefined;
}

/** The most that a menu offers; whoever is not among them is found by more words. */
const most = 8;

/** Two chips above the results: in which chat, and by whom. */
export function SearchFilters({ filter, onChange, hits, data, open }: SearchFiltersProps) {
  const { conversationId, senderId } = filter;
  const chats = distinct([conversationId, open, ...hits.map((hit) => hit.conversationId)]);
  const senders = distinct([senderId, data.me, ...hits.map((hit) => hit.sender.id)]);
  const senderName = (id: string) => (id === data.me ? t.chats.fromYou : t.chats.from(nameOfSender(id, hits, data)));
  return (
    <div className="search-filters">
      <FilterChip
        label={t.chats.filterChat}
        all={t.chats.allChats}
        chosen={conversationId}
        choices={chats.flatMap((id) => chatChoice(id, data))}
        onChoose={(id) =>
          onChange(id === undefined ? without(filter, "conversationId") : { ...filter, conversationId: id })
        }
      />
      <FilterChip
        label={t.chats.filterSender}
        all={t.chats.fromAnyone}
        chosen={senderId}
        choices={senders.map((id) => ({ id, name: senderName(id) }))}
        onChoose={(id) => onChange(id === undefined ? without(filter, "senderId") : { ...filter, senderId: id })}
      />
    </div>
  );
}

interface Choice {
  id: string;
  name: string;
}

interface FilterChipProps {
  label: string;
  all: string;
  chosen: string | undefined;
  choices: readonly Choice[];
  onChoose: (id: string | undefined) => void;
}

function FilterChip({ label, all, chosen, choices, onChoose }: FilterChipProps) {
  const name = choices.find((choice) => choice.id === chosen)?.name ?? all;
  const items: MenuItem[] = [
    { label: all, checked: chosen === undefined, onSelect: () => onChoose(undefined) },
    ...choices.map(({ id, name }) => ({ label: name, checked: id === chosen, onSelect: () => onChoose(id) })),
  ];
  const trigger = (
    <button
      type="button"
      className={cx("search-filters__chip", chosen !== undefined && "search-filters__chip--on")}
      aria-label={`${label}: ${name}`}
    >
      <bdi className="ellipsis">{name}</bdi>
      <ChevronDown aria-hidden="true" />
    </button>
  );
  return <Menu trigger={trigger} items={items} />;
}

function distinct(ids: (string | undefined)[]): string[] {
  return [...new Set(ids.filter((id) => id !== undefined))].slice(0, most);
}

function chatChoice(id: string, data: ChatData): Choice[] {
  const conversation = data.conversations.find((each) => each.id === id);
  return conversation ? [{ id, name: faceOf({ conversation }, data).name }] : [];
}

function nameOfSender(id: string, hits: readonly FoundMessage[], data: ChatData): string {
  const sender = hits.find((hit) => hit.sender.id === id)?.sender;
  return sender?.displayName ?? personFace(data.people.get(id), data).name;
}

function without(filter: Filter, key: keyof Filter): Filter {
  const { [key]: _, ...rest } = filter;
  return rest;
}
