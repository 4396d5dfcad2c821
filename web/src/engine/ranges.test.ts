import { expect, test } from "vitest";
import { merged } from "./ranges.ts";

test.each([
  [[], { from: 3, to: 5 }, [[3, 5]]],
  [[[1, 2]], { from: 3, to: 5 }, [[1, 5]]],
  [
    [[1, 2]],
    { from: 4, to: 5 },
    [
      [1, 2],
      [4, 5],
    ],
  ],
  [
    [
      [1, 2],
      [8, 9],
    ],
    { from: 2, to: 8 },
    [[1, 9]],
  ],
  [[[1, 20]], { from: 4, to: 5 }, [[1, 20]]],
])("%j and %j are %j", (known, more, result) => {
  const ranges = known.map(([from = 0, to = 0]) => ({ from, to }));
  expect(merged(ranges, more).map(({ from, to }) => [from, to])).toEqual(result);
});
