import { emojiData } from "virtual:chatr-emoji";
import { EmojiPicker as Picker, useActiveEmoji } from "frimousse";
import { Search } from "lucide-react";
import { type AriaAttributes, type ComponentProps, type RefObject, useEffect, useRef, useState } from "react";
import { t } from "../text/index.ts";
import { CATEGORIES, EmojiCategories } from "./EmojiCategories.tsx";
import type { EmojiPickerProps } from "./EmojiPicker.tsx";
import { follow, useEmojiCategories } from "./useEmojiCategories.ts";

type EmojiProps = ComponentProps<"button"> & { emoji: { emoji: string; label: string; isActive: boolean } };
type HeaderProps = ComponentProps<"div"> & { category: { label: string } };

/**
 * The picker counts rows and columns from 0, ARIA from 1. It looks for a row by its number to scroll there, and would find
 * the one before: a number that it doesn't write so leaves that to Following.
 */
function rowIndex({ "aria-rowindex": index = 0 }: AriaAttributes): AriaAttributes {
  return { "aria-rowindex": `0${index + 1}` as unknown as number };
}

function columnIndex({ "aria-colindex": index = 0 }: AriaAttributes): AriaAttributes {
  return { "aria-colindex": index + 1 };
}

const parts = {
  CategoryHeader: ({ category, ...rest }: HeaderProps) => (
    <div {...rest} className="emoji-picker__category">
      {category.label}
    </div>
  ),
  Row: (props: ComponentProps<"div">) => <div {...props} {...rowIndex(props)} />,
  Emoji: ({ emoji, ...rest }: EmojiProps) => (
    <button
      {...rest}
      {...columnIndex(rest)}
      type="button"
      className="emoji-picker__emoji"
      data-active={emoji.isActive || undefined}
    >
      {emoji.emoji}
    </button>
  ),
};

export default function EmojiPickerLoaded({ onPick }: EmojiPickerProps) {
  const shift = useRef(false);
  const key = useRef<string>(undefined);
  const search = useRef<HTMLInputElement>(null);
  const viewport = useRef<HTMLDivElement>(null);
  const [sought, setSought] = useState("");
  const { current, look, show, enter } = useEmojiCategories(viewport, CATEGORIES.length);
  const choose = (category: number) => {
    setSought("");
    show(category);
  };
  return (
    <Picker.Root
      className="emoji-picker__root"
      columns={8}
      locale="en"
      emojibaseUrl={emojiData}
      onKeyDownCapture={(event) => {
        shift.current = event.shiftKey;
        key.current = event.key;
      }}
      onPointerMoveCapture={() => {
        key.current = undefined;
      }}
      onPointerDownCapture={(event) => {
        shift.current = event.shiftKey;
      }}
      onEmojiSelect={({ emoji }) => onPick(emoji, shift.current)}
    >
      <div className="text-input text-input--search">
        <Search />
        <Picker.Search
          ref={search}
          autoFocus
          value={sought}
          onChange={(event) => setSought(event.target.value)}
          placeholder={t.common.searchEmoji}
          aria-label={t.common.searchEmoji}
        />
      </div>
      <EmojiCategories
        current={sought === "" ? current : undefined}
        onChoose={choose}
        onEnter={(category) => {
          choose(category);
          search.current?.focus();
          enter(category);
        }}
      />
      <Picker.Viewport ref={viewport} className="emoji-picker__viewport" onScroll={look}>
        <Picker.Empty className="emoji-picker__empty">{({ search }) => t.common.nothingFound(search)}</Picker.Empty>
        <Following viewport={viewport} by={key} />
        <Picker.List components={parts} className="emoji-picker__list" />
      </Picker.Viewport>
      <div className="emoji-picker__name">
        <Picker.ActiveEmoji>{({ emoji }) => emoji?.label ?? "\u00a0"}</Picker.ActiveEmoji>
      </div>
    </Picker.Root>
  );
}

interface FollowingProps {
  viewport: RefObject<HTMLElement | null>;
  /** The key that was pressed last; none since the pointer moved. */
  by: RefObject<string | undefined>;
}

/** What the arrows come to is in view. */
function Following({ viewport, by }: FollowingProps) {
  const active = useActiveEmoji();
  useEffect(() => {
    if (active && by.current !== undefined) follow(viewport.current, by.current);
  }, [active, viewport, by]);
  return null;
}
