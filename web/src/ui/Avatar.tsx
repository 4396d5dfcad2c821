import { Bot } from "lucide-react";
import { type CSSProperties, useState } from "react";
import "./Avatar.css";
import { cx } from "./cx.ts";
import { initials, toneOf } from "./identity.ts";

export interface AvatarProps {
  id: string;
  name: string;
  src?: string;
  /** In CSS pixels at normal text size: 28, 32, 34, 36, 38, 44, 46, 60, 92 or 104. */
  size: number;
  kind?: "person" | "group" | "bot";
  /** Offline and hidden look the same: nothing. */
  presence?: "online" | "away" | null;
}

/** A person is round, a place is square. The name beside it says everything, so that this says nothing. */
export function Avatar({ id, name, src, size, kind = "person", presence }: AvatarProps) {
  const [broken, setBroken] = useState<string>();
  return (
    <span
      aria-hidden="true"
      className={cx("avatar", toneOf(id), kind === "group" && "avatar--place")}
      style={{ "--avatar-size": `${size / 16}rem` } satisfies CSSProperties}
    >
      {src && src !== broken ? (
        <img src={src} alt="" decoding="async" draggable={false} onError={() => setBroken(src)} />
      ) : kind === "bot" ? (
        <Bot />
      ) : (
        <span className="avatar__initials" data-initials={initials(name)} />
      )}
      {presence && <span className={cx("avatar__presence", presence === "away" && "avatar__presence--away")} />}
    </span>
  );
}
