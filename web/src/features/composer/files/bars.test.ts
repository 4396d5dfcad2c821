import { expect, it } from "vitest";
import { loudness, waveformOf } from "./bars.ts";

it("has a hundred bars, however short or long it was", () => {
  for (const count of [1, 7, 100, 101, 5_000]) {
    const bars = waveformOf(new Array(count).fill(0.5));
    expect(bars).toHaveLength(100);
    expect(new Set(bars)).toEqual(new Set([1]));
  }
  expect(waveformOf([])).toEqual(new Array(100).fill(0));
  expect(waveformOf([0, 0])).toEqual(new Array(100).fill(0));
});

it("is as loud where it was loud, on a square-root curve", () => {
  const quiet = new Array(100).fill(0.04);
  const loud = new Array(100).fill(0.16);
  const bars = waveformOf([...quiet, ...loud]);
  expect(new Set(bars.slice(0, 50))).toEqual(new Set([0.5]));
  expect(new Set(bars.slice(50))).toEqual(new Set([1]));
});

it("hears the root of the mean square", () => {
  expect(loudness(new Float32Array([0.5, -0.5, 0.5, -0.5]))).toBeCloseTo(0.5);
  expect(loudness(new Float32Array())).toBe(0);
});
