import type { LucideIcon } from "lucide-react";
import type { ComponentProps } from "react";
import { cx } from "./cx.ts";
import { ariaKeys } from "./hotkeys.ts";
import "./IconButton.css";
import { Tooltip } from "./Tooltip.tsx";

export interface IconButtonProps extends ComponentProps<"button"> {
  /** What it does, for those who do not see the icon and in the tooltip. */
  label: string;
  icon: LucideIcon;
  active?: boolean;
  /** As `mod+k`; written beside the label. The owner of the act listens to it. */
  shortcut?: string;
  size?: "sm" | "md";
}

export function IconButton({
  label,
  icon: Icon,
  active = false,
  shortcut,
  size = "md",
  className,
  children,
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip label={label} shortcut={shortcut}>
      <button
        type="button"
        aria-label={label}
        aria-keyshortcuts={shortcut && ariaKeys(shortcut)}
        {...rest}
        className={cx("icon-button", `icon-button--${size}`, active && "icon-button--active", className)}
      >
        <Icon />
        {children}
      </button>
    </Tooltip>
  );
}
