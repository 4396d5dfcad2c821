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

/** Images of ours come in several sizes: one that is small on the screen needs no large one. */
function sized(src: string, size: number): string {
  return size <= SMALL && src.startsWith("/api/images/") ? `${src}?size=96` : src;
}

/** Twice that has 96 pixels, as many as most screens have for it. */
const SMALL = 48;

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
        <img src={sized(src, size)} alt="" decoding="async" draggable={false} onError={() => setBroken(src)} />
      ) : kind === "bot" ? (
        <Bot />
      ) : (
        <span className="avatar__initials" data-initials={initials(name)} />
      )}
      {presence && <span className={cx("avatar__presence", presence === "away" && "avatar__presence--away")} />}
    </span>
  );
}
