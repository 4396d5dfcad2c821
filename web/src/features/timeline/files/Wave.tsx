import { useMemo } from "react";
import { barsOf } from "../../../media/bars.ts";

const BARS = 52;
const [HEIGHT, WIDTH, STEP] = [28, 2.4, 4];

/** The bars of a voice note; the part that was played is full. */
export function Wave({ waveform, part }: { waveform: readonly number[] | undefined; part: number }) {
  const path = useMemo(() => pathOf(barsOf(waveform, BARS)), [waveform]);
  const box = `0 0 ${STEP * BARS - (STEP - WIDTH)} ${HEIGHT}`;
  return (
    <span className="wave" dir="ltr" style={{ "--part": part }} aria-hidden="true">
      <svg className="wave__rest" viewBox={box} preserveAspectRatio="none" aria-hidden="true">
        <path d={path} />
      </svg>
      <svg className="wave__played" viewBox={box} preserveAspectRatio="none" aria-hidden="true">
        <path d={path} />
      </svg>
    </span>
  );
}

/** Each a stroke with round ends, of which the lowest is a dot. */
function pathOf(bars: readonly number[]): string {
  return bars
    .map((value, index) => {
      const half = (value * (HEIGHT - WIDTH)) / 2;
      const x = (index * STEP + WIDTH / 2).toFixed(1);
      return `M${x} ${(HEIGHT / 2 - half).toFixed(1)}V${(HEIGHT / 2 + half + 0.01).toFixed(2)}`;
    })
    .join("");
}
