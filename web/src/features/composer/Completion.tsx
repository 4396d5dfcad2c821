import { UsersRound } from "lucide-react";
import { type Ref, type RefObject, useEffect, useImperativeHandle, useState } from "react";
import { t } from "../../text/index.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import { type Emoji, findEmoji, loadEmoji } from "../../ui/emoji-data.ts";
import { EVERYBODY } from "../../ui/mentions.ts";
import { meansAll, offered, type Query, queryAt } from "./completion.ts";
import { useMembers } from "./useMembers.ts";

/** Who can be mentioned. */
export interface Person {
  id: string;
  username: string;
  displayName: string;
  profileImage?: string;
}

/** Of a group whoever is in it can be mentioned. */
export interface Group {
  id: string;
  /** Whether one may call all of them at once. */
  all: boolean;
}

export interface CompletionHandle {
  /** Whether the key was for the completion. */
  keyDown(key: string): boolean;
}

interface CompletionProps {
  ref: Ref<CompletionHandle>;
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  caret: number;
  /** Somebody writes: what was written before asks for nothing. */
  active: boolean;
  people: readonly Person[];
  group: Group | undefined;
  me: string;
  onPick: (query: Query, word: string) => void;
}

interface Option {
  key: string;
  word: string;
  person?: Person;
  all?: true;
  emoji?: Emoji;
}

const LIST = "composer-completion";

/** Above the field: people after `@`, emoji after `:` and two letters. */
export default function Completion({ ref, field, text, caret, active, people, group, me, onPick }: CompletionProps) {
  const query = active ? queryAt(text, caret) : undefined;
  const options = useOptions(query, people, group, me);
  const asked = query && `${query.kind}${query.from}${query.word}`;
  const [at, setAt] = useState<{ asked?: string; index: number }>({ index: 0 });
  const [closed, setClosed] = useState<number>();
  const index = at.asked === asked ? at.index : 0;
  const open = query !== undefined && options.length > 0 && closed !== query.from;
  const pick = (option: Option | undefined) => {
    if (query !== undefined && option !== undefined) onPick(query, `${option.word} `);
  };
  useImperativeHandle(ref, () => ({
    keyDown(key) {
      if (!open) return false;
      const step = { ArrowDown: 1, ArrowUp: -1 }[key];
      if (step !== undefined) setAt({ asked, index: (index + step + options.length) % options.length });
      else if (key === "Enter" || key === "Tab") pick(options[index]);
      else if (key === "Escape") setClosed(query.from);
      else return false;
      return true;
    },
  }));
  useFieldAria(field, open ? `${LIST}-${index}` : undefined);
  if (!open) return null;
  return (
    <div
      id={LIST}
      className="composer__completion"
      role="listbox"
      aria-label={query.kind === "person" ? t.conversation.people : t.conversation.emoji}
    >
      {options.map((option, place) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, which names the active one.
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys.
        <div
          key={option.key}
          id={`${LIST}-${place}`}
          className="composer__option"
          role="option"
          aria-selected={place === index}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => pick(option)}
        >
          <Face option={option} />
        </div>
      ))}
    </div>
  );
}

function Face({ option: { person, all, emoji, word } }: { option: Option }) {
  if (all) {
    return (
      <>
        <span className="composer__option-sign composer__option-sign--all">
          <UsersRound />
        </span>
        <span className="composer__option-name ellipsis">{t.conversation.everyone}</span>
        <span className="composer__option-hint ellipsis">{word}</span>
      </>
    );
  }
  if (person !== undefined) {
    return (
      <>
        <Avatar id={person.id} name={person.displayName} src={person.profileImage} size={28} />
        <bdi className="composer__option-name ellipsis">{person.displayName}</bdi>
        <span className="composer__option-hint ellipsis">{word}</span>
      </>
    );
  }
  return (
    <>
      <span className="composer__option-sign">{word}</span>
      <span className="ellipsis">{emoji?.label}</span>
    </>
  );
}

function useOptions(
  query: Query | undefined,
  people: readonly Person[],
  group: Group | undefined,
  me: string,
): readonly Option[] {
  const emoji = useEmoji(query?.kind === "emoji");
  const members = useMembers(group?.id, query?.kind === "person" ? query.word : undefined);
  if (query === undefined) return [];
  if (query.kind === "emoji") {
    return findEmoji(emoji, query.word).map((each) => ({ key: each.emoji, word: each.emoji, emoji: each }));
  }
  const persons = offered(people, members, query.word, me).map(
    (person): Option => ({ key: person.id, word: `@${person.username.replace(/^@/, "")}`, person }),
  );
  const everybody: Option = { key: EVERYBODY, word: `@${EVERYBODY}`, all: true };
  return group?.all && meansAll(query.word, EVERYBODY, t.conversation.everyone) ? [...persons, everybody] : persons;
}

/** All emoji, fetched when first asked for. */
function useEmoji(wanted: boolean): readonly Emoji[] {
  const [list, setList] = useState<readonly Emoji[]>([]);
  useEffect(() => {
    if (!wanted) return;
    // Without a connection there is no completion: the text stays as it is typed.
    loadEmoji().then(setList, () => undefined);
  }, [wanted]);
  return list;
}

/** The field says what is chosen while the focus stays in it. */
function useFieldAria(field: RefObject<HTMLTextAreaElement | null>, active: string | undefined): void {
  useEffect(() => {
    const element = field.current;
    if (element === null || active === undefined) return undefined;
    const attributes = { "aria-autocomplete": "list", "aria-controls": LIST, "aria-activedescendant": active };
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return () => {
      for (const name of Object.keys(attributes)) element.removeAttribute(name);
    };
  }, [field, active]);
}
