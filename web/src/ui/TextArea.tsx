import type { ComponentProps } from "react";
import { cx } from "./cx.ts";
import "./TextInput.css";

/** A field of several lines, as high as its text. */
export function TextArea({ className, ...rest }: ComponentProps<"textarea">) {
  return (
    <div className={cx("text-input", "text-input--area", className)}>
      <textarea dir="auto" {...rest} />
    </div>
  );
}
