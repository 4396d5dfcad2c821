import "./Count.css";
import { cx } from "./cx.ts";

export interface CountProps {
  /** A number, or a sign, as `@`. */
  value: number | string;
  /** Above it there are "999+". */
  max?: number;
  /** Muted counts are no reason to look. */
  kind?: "spark" | "muted";
}

export function Count({ value, max = 999, kind = "spark" }: CountProps) {
  if (value === 0) return null;
  return (
    <span className={cx("count", kind === "muted" && "count--muted")}>
      <span>{typeof value === "number" && value > max ? `${max}+` : value}</span>
    </span>
  );
}
