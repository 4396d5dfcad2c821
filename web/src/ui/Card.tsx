import type { ComponentProps } from "react";
import "./Card.css";
import { cx } from "./cx.ts";

/** A group of rows; hairlines between them. `pad` for other contents. */
export function Card({ pad = false, className, ...rest }: ComponentProps<"div"> & { pad?: boolean }) {
  return <div {...rest} className={cx("card", pad && "card--pad", className)} />;
}
