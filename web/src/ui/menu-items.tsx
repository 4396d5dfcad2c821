import { Check, type LucideIcon } from "lucide-react";
import type { ContextMenu, DropdownMenu } from "radix-ui";
import { ariaKeys } from "./hotkeys.ts";
import { Keys } from "./Keys.tsx";
import "./Menu.css";

export interface MenuAct {
  label: string;
  icon?: LucideIcon;
  /** As `mod+c`; shown at the end. The owner of the act listens to it. */
  shortcut?: string;
  danger?: boolean;
  disabled?: boolean;
  /** For acts that switch something: whether it is on. */
  checked?: boolean;
  onSelect: () => void;
}

export type MenuItem = MenuAct | "line";

/** What both kinds of menu are made of. */
type Parts = typeof DropdownMenu | typeof ContextMenu;

export function MenuItems({ parts, items }: { parts: Parts; items: readonly MenuItem[] }) {
  return items.map((item, index) => {
    // They do not move while the menu is open, and two may say the same.
    const key = `${index}`;
    if (item === "line") return <parts.Separator key={key} className="menu__line" />;
    return <Act key={key} parts={parts} item={item} />;
  });
}

function Act({ parts, item }: { parts: Parts; item: MenuAct }) {
  const { label, icon: Icon, shortcut, danger, disabled, checked, onSelect } = item;
  const common = {
    className: danger ? "menu__item menu__item--danger" : "menu__item",
    disabled,
    onSelect,
    textValue: label,
    "aria-keyshortcuts": shortcut && ariaKeys(shortcut),
  };
  const inside = (
    <>
      {Icon && <Icon />}
      <span className="menu__label">{label}</span>
      {checked && <Check className="menu__check" />}
      {shortcut && <Keys keys={shortcut} />}
    </>
  );
  if (checked === undefined) return <parts.Item {...common}>{inside}</parts.Item>;
  return (
    <parts.CheckboxItem {...common} checked={checked}>
      {inside}
    </parts.CheckboxItem>
  );
}
