import "./Count.css";
import { cx } from "./cx.ts";

export interface CountProps {
  /** A number; above 99 it says so. Or a sign, as `@`. */
  value: number | string;
  /** Muted counts are no reason to look. */
  kind?: "spark" | "muted";
}

export function Count({ value, kind = "spark" }: CountProps) {
  if (value === 0) return null;
  return (
    <span className={cx("count", kind === "muted" && "count--muted")}>
      <span>{typeof value === "number" && value > 99 ? "99+" : value}</span>
    </span>
  );
}
