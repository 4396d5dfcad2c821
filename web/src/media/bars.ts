/**
 * A waveform of so many values, each the mean of those that it stands for, from 0 to 1. Of none it is flat: what nobody
 * knows looks like silence, and not like an error.
 */
export function barsOf(waveform: readonly number[] | undefined, count: number): number[] {
  const values = waveform ?? [];
  return Array.from({ length: count }, (_, index) => {
    const from = (index * values.length) / count;
    const to = ((index + 1) * values.length) / count;
    return mean(values, from, to);
  });
}

/** How they are drawn: at such steps, in a box so high, each a stroke so wide with round ends. */
export const [STEP, HEIGHT, WIDTH] = [4, 28, 2.4];

/** Bars as one path; the lowest is a dot. */
export function barsPath(bars: readonly number[]): string {
  return bars
    .map((value, index) => {
      const half = (clamped(value) * (HEIGHT - WIDTH)) / 2;
      const x = (index * STEP + WIDTH / 2).toFixed(1);
      return `M${x} ${(HEIGHT / 2 - half).toFixed(1)}V${(HEIGHT / 2 + half + 0.01).toFixed(2)}`;
    })
    .join("");
}

/** The mean of a stretch that may begin and end within a value. */
function mean(values: readonly number[], from: number, to: number): number {
  let sum = 0;
  for (let at = Math.floor(from); at < to; at += 1) {
    const part = Math.min(at + 1, to) - Math.max(at, from);
    sum += part * clamped(values[at]);
  }
  return to > from ? sum / (to - from) : 0;
}

function clamped(value: number | undefined): number {
  return value !== undefined && value > 0 ? Math.min(1, value) : 0;
}
