import { ChevronDown } from "lucide-react";
import { t } from "../../text/people.ts";
import { Menu } from "../../ui/Menu.tsx";
import "../../ui/Chip.css";
import "./LevelMenu.css";
import { LEVELS, type Level, levelIcons } from "./privacy.ts";

export interface LevelMenuProps {
  /** What may be seen, as "E-mail". */
  what: string;
  value: Level;
  onChange: (level: Level) => void;
  /** A chip beside the fact, or a box at the end of a row. */
  kind: "chip" | "box";
}

/** Who may see something, and the choice of it. */
export function LevelMenu({ what, value, onChange, kind }: LevelMenuProps) {
  const label = t.people.levels[value];
  const Icon = levelIcons[value];
  return (
    <Menu
      trigger={
        <button
          type="button"
          className={kind === "chip" ? "chip chip--plain chip--button" : "level-box"}
          aria-label={t.people.whoSees(what, label)}
        >
          {kind === "chip" && <Icon />}
          {label}
          {kind === "box" && <ChevronDown />}
        </button>
      }
      items={LEVELS.map((level) => ({
        label: t.people.levels[level],
        icon: levelIcons[level],
        checked: level === value,
        onSelect: () => onChange(level),
      }))}
    />
  );
}
