import { emojiData } from "virtual:chatr-emoji";
import { EmojiPicker as Picker } from "frimousse";
import { Search } from "lucide-react";
import { type AriaAttributes, type ComponentProps, useRef, useState } from "react";
import { t } from "../text/index.ts";
import { CATEGORIES, EmojiCategories } from "./EmojiCategories.tsx";
import type { EmojiPickerProps } from "./EmojiPicker.tsx";
import { useEmojiCategories } from "./useEmojiCategories.ts";

type EmojiProps = ComponentProps<"button"> & { emoji: { emoji: string; label: string; isActive: boolean } };
type HeaderProps = ComponentProps<"div"> & { category: { label: string } };

/** The picker counts rows and columns from 0, ARIA from 1. */
function fromOne<P extends AriaAttributes>(props: P, index: "aria-rowindex" | "aria-colindex"): P {
  return { ...props, [index]: (props[index] ?? 0) + 1 };
}

const parts = {
  CategoryHeader: ({ category, ...rest }: HeaderProps) => (
    <div {...rest} className="emoji-picker__category">
      {category.label}
    </div>
  ),
  Row: (props: ComponentProps<"div">) => <div {...fromOne(props, "aria-rowindex")} />,
  Emoji: ({ emoji, ...rest }: EmojiProps) => (
    <button
      {...fromOne(rest, "aria-colindex")}
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
        <Picker.List components={parts} className="emoji-picker__list" />
      </Picker.Viewport>
      <div className="emoji-picker__name">
        <Picker.ActiveEmoji>{({ emoji }) => emoji?.label ?? "\u00a0"}</Picker.ActiveEmoji>
      </div>
    </Picker.Root>
  );
}
