import { useMemo } from "react";
import { barsOf, barsPath, HEIGHT, STEP, WIDTH } from "../../../media/bars.ts";

const BARS = 52;

/** The bars of a voice note; the part that was played is full. */
export function Wave({ waveform, part }: { waveform: readonly number[] | undefined; part: number }) {
  const path = useMemo(() => barsPath(barsOf(waveform, BARS)), [waveform]);
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
