import { LoaderCircle, type LucideIcon } from "lucide-react";
import type { ComponentProps, MouseEvent } from "react";
import "./Button.css";
import { cx } from "./cx.ts";

export interface ButtonProps extends ComponentProps<"button"> {
  kind?: "primary" | "danger" | "danger-quiet" | "quiet" | "outline" | "plain";
  size?: "sm" | "md" | "lg";
  /** What it began is not done yet: it keeps its place and the focus, and does nothing. */
  busy?: boolean;
  block?: boolean;
  icon?: LucideIcon;
}

export function Button({
  kind = "plain",
  size = "md",
  busy = false,
  block = false,
  icon: Icon,
  className,
  children,
  onClick,
  type = "button",
  ...rest
}: ButtonProps) {
  const click = (event: MouseEvent<HTMLButtonElement>) => (busy ? event.preventDefault() : onClick?.(event));
  return (
    <button
      {...rest}
      type={type}
      className={cx("button", `button--${kind}`, `button--${size}`, block && "button--block", className)}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={click}
    >
      {busy ? <LoaderCircle className="button__spinner" /> : Icon && <Icon />}
      <span className="button__words">{children}</span>
    </button>
  );
}
