import type { CSSProperties } from "react";

/** At most so wide and high a picture is, in pixels; narrower ones stay so, down to what shows a time and a tick. */
const MOST = { width: 340, height: 400 };
const LEAST = { width: 120, height: 72 };

interface Size {
  width: number;
  height: number;
}

/** How large a picture is shown: whole, unless it is so long that nobody saw anything of it. */
export function shownSize({ width, height }: Partial<Size>): Size {
  if (!width || !height) return { width: MOST.width, height: Math.round(MOST.width / 1.5) };
  const scale = Math.min(1, MOST.width / width, MOST.height / height);
  return {
    width: Math.max(LEAST.width, Math.round(width * scale)),
    height: Math.max(LEAST.height, Math.round(height * scale)),
  };
}

/** The frame of a picture, before anything of it is there: it is the same one afterwards. */
export function frameOf(size: Partial<Size>): CSSProperties {
  const { width, height } = shownSize(size);
  return { inlineSize: width, aspectRatio: `${width} / ${height}` };
}
