import { t } from "../../text/developer.ts";
import "./Sparkline.css";

const WIDTH = 84;
const HEIGHT = 22;
const MARGIN = 3;

/** How long the last answers took, the newest at the end. */
export function Sparkline({ values }: { values: readonly number[] }) {
  const last = values.at(-1);
  if (last === undefined) return null;
  const points = pointsOf(values);
  const end = points.at(-1);
  return (
    <span className="lab-latency">
      <svg className="lab-sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
        <polyline points={points.map(([x, y]) => `${x},${y}`).join(" ")} />
        {end && <circle cx={end[0]} cy={end[1]} r="2.4" />}
      </svg>
      <span className="lab-pane__ms">
        <span aria-hidden="true">{t.developer.latency(last)}</span>
        <span className="visually-hidden">{t.developer.latencyName(last)}</span>
      </span>
    </span>
  );
}

/** Places of the values in the picture, from its start to its end. */
export function pointsOf(values: readonly number[]): [x: number, y: number][] {
  const top = Math.max(...values, 1);
  const room = HEIGHT - 2 * MARGIN;
  const step = (WIDTH - 2 * MARGIN) / Math.max(values.length - 1, 1);
  return values.map((value, at) => [round(MARGIN + at * step), round(MARGIN + room * (1 - value / top))]);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
