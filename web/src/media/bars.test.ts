import { expect, it } from "vitest";
import { barsOf, barsPath } from "./bars.ts";

it("keeps the shape of a waveform in fewer bars", () => {
  expect(barsOf([0, 0.5, 1, 0.5], 2)).toEqual([0.25, 0.75]);
  expect(barsOf([1, 1, 1, 0, 0, 0], 4)).toEqual([1, 1, 0, 0].map((value) => expect.closeTo(value)));
  // A bar that ends within a value has its part of it.
  expect(barsOf([1, 0, 0], 2)[0]).toBeCloseTo(2 / 3);
});

it("keeps the sum of what is heard, however many bars there are", () => {
  const waveform = Array.from({ length: 100 }, (_, index) => Math.abs(Math.sin(index)));
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  for (const count of [1, 7, 52, 100]) expect(total(barsOf(waveform, count))).toBeCloseTo(total(waveform));
});

it("is flat where nothing is known, and no value leaves its bar", () => {
  expect(barsOf(undefined, 3)).toEqual([0, 0, 0]);
  expect(barsOf([], 2)).toEqual([0, 0]);
  expect(barsOf([7, -3, Number.NaN], 3)).toEqual([1, 0, 0]);
});

it("draws in its box", () => {
  expect(barsPath([1, 0])).toBe("M1.2 1.2V26.81M5.2 14.0V14.01");
});
