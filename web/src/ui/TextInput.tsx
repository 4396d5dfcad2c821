import type { LucideIcon } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx.ts";
import "./TextInput.css";

export interface TextInputProps extends ComponentProps<"input"> {
  leading?: LucideIcon;
  trailing?: ReactNode;
  large?: boolean;
}

export function TextInput({ leading: Leading, trailing, large = false, className, ...rest }: TextInputProps) {
  return (
    <div className={cx("text-input", large && "text-input--large", className)}>
      {Leading && <Leading />}
      <input type="text" dir="auto" {...rest} />
      {trailing}
    </div>
  );
}
