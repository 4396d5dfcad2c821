import { type ReactNode, useState } from "react";
import { cx } from "../../../ui/cx.ts";
import "./Cover.css";

interface CoverProps {
  src: string | undefined;
  /** In a pane of details. */
  small?: boolean;
  /** What changes it. */
  children?: ReactNode;
}

/** The picture behind a face; without one a quiet place, if something can be done there. */
export function Cover({ src, small = false, children }: CoverProps) {
  const [broken, setBroken] = useState<string>();
  const shown = src !== undefined && src !== broken;
  if (!shown && children === undefined) return null;
  return (
    <div className={cx("cover", small && "cover--small")}>
      {shown && <img src={src} alt="" decoding="async" draggable={false} onError={() => setBroken(src)} />}
      {children !== undefined && <div className="cover__act">{children}</div>}
    </div>
  );
}
