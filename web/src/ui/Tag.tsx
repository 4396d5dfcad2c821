import type { ReactNode } from "react";
import "./Tag.css";

/** One word about somebody beside their name: bot, guest, you. */
export function Tag({ children }: { children: ReactNode }) {
  return <span className="tag">{children}</span>;
}
