import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import "./Chip.css";
import { cx } from "./cx.ts";

export interface ChipProps {
  kind?: "plain" | "accent" | "spark" | "good" | "bad";
  icon?: LucideIcon;
  /** With it the chip is a button. */
  onClick?: () => void;
  /** For chips that stay pressed, as filters. */
  pressed?: boolean;
  label?: string;
  children: ReactNode;
}

export function Chip({ kind = "plain", icon: Icon, onClick, pressed, label, children }: ChipProps) {
  const name = cx("chip", `chip--${pressed ? "accent" : kind}`, onClick && "chip--button");
  const inside = (
    <>
      {Icon && <Icon />}
      {children}
    </>
  );
  if (!onClick) return <span className={name}>{inside}</span>;
  return (
    <button type="button" className={name} onClick={onClick} aria-pressed={pressed} aria-label={label}>
      {inside}
    </button>
  );
}
