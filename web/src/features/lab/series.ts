import type { Answer } from "./connection.ts";

/** How many calls of a series are under way at once. */
const AT_ONCE = 8;

export interface Series {
  count: number;
  good: number;
  median: number;
  slowest: number;
}

/** Make a call many times over, some at once; ends early when it is told to. */
export async function repeat(count: number, call: () => Promise<Answer>, signal: AbortSignal): Promise<Series> {
  const answers: Answer[] = [];
  let left = count;
  const worker = async () => {
    while (left > 0 && !signal.aborted) {
      left -= 1;
      answers.push(await call());
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return seriesOf(answers);
}

export function seriesOf(answers: readonly Answer[]): Series {
  const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    count: answers.length,
    good: answers.filter(({ kind }) => kind === "good").length,
    median: times[Math.floor((times.length - 1) / 2)] ?? 0,
    slowest: times.at(-1) ?? 0,
  };
}
