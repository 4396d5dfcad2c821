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
  let lines = 0;
  return items.map((item) =>
    item === "line" ? (
      <parts.Separator key={`line ${lines++}`} className="menu__line" />
    ) : (
      <Act key={item.label} parts={parts} item={item} />
    ),
  );
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
