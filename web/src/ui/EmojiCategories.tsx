import { Apple, Flag, Hand, Hash, Lightbulb, type LucideIcon, PawPrint, Plane, Smile, Trophy } from "lucide-react";
import { type FocusEvent, type KeyboardEvent, useRef, useState } from "react";
import { t } from "../text/index.ts";
import { arrowTo } from "./arrows.ts";
import { cx } from "./cx.ts";
import "./EmojiCategories.css";

const NAMES = t.common.emojiCategories;

/** In the order of the list. */
export const CATEGORIES: readonly { name: string; icon: LucideIcon }[] = [
  { name: NAMES.smileys, icon: Smile },
  { name: NAMES.people, icon: Hand },
  { name: NAMES.nature, icon: PawPrint },
  { name: NAMES.food, icon: Apple },
  { name: NAMES.places, icon: Plane },
  { name: NAMES.activities, icon: Trophy },
  { name: NAMES.objects, icon: Lightbulb },
  { name: NAMES.symbols, icon: Hash },
  { name: NAMES.flags, icon: Flag },
];

export interface EmojiCategoriesProps {
  /** The one that is in view; none while the list shows what was sought. */
  current: number | undefined;
  onChoose: (category: number) => void;
  /** Go on into the list, at this one. */
  onEnter: (category: number) => void;
}

/** The way to a part of the list. One stop for Tab: the arrows go along, Enter or Down goes into the list. */
export function EmojiCategories({ current, onChoose, onEnter }: EmojiCategoriesProps) {
  const row = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState<number>();
  const stop = focused ?? current ?? 0;
  const blur = ({ currentTarget, relatedTarget }: FocusEvent) => {
    if (!currentTarget.contains(relatedTarget)) setFocused(undefined);
  };
  const keyDown = (event: KeyboardEvent) => {
    const buttons = [...(row.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    const at = buttons.indexOf(event.target as HTMLElement);
    if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      return onEnter(at);
    }
    const to = arrowTo(event, at, buttons.length);
    if (to === undefined) return;
    event.preventDefault();
    buttons[to]?.focus();
    onChoose(to);
  };
  return (
    <div
      ref={row}
      className="emoji-categories"
      role="toolbar"
      aria-label={NAMES.label}
      onKeyDown={keyDown}
      onBlur={blur}
    >
      {CATEGORIES.map(({ name, icon: Icon }, index) => (
        <button
          key={name}
          type="button"
          tabIndex={index === stop ? 0 : -1}
          aria-label={name}
          title={name}
          aria-pressed={index === current}
          className={cx("emoji-categories__one", index === current && "emoji-categories__one--on")}
          onFocus={() => setFocused(index)}
          onClick={() => onChoose(index)}
        >
          <Icon />
        </button>
      ))}
    </div>
  );
}
