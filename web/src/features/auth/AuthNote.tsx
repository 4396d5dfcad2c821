import { CircleAlert, CircleCheck, Info, LockKeyhole, WifiOff } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "../../ui/cx.ts";
import "./auth-note.css";

const ICONS = { bad: CircleAlert, locked: LockKeyhole, offline: WifiOff, good: CircleCheck, news: Info };

export interface AuthNoteProps {
  kind: keyof typeof ICONS;
  /** Without ground, as below a field. */
  bare?: boolean;
  children: ReactNode;
}

/** One sentence about a whole form, with an icon. */
export function AuthNote({ kind, bare = false, children }: AuthNoteProps) {
  const Icon = ICONS[kind];
  const alert = kind !== "good" && kind !== "news";
  return (
    <p className={cx("auth-note", `auth-note--${kind}`, bare && "auth-note--bare")} role={alert ? "alert" : "status"}>
      <Icon />
      <span>{children}</span>
    </p>
  );
}
