import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Newest, Repeated, Throttle } from "./throttle.ts";

let passed: unknown[];

beforeEach(() => {
  passed = [];
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("of what comes too often the last passes, late; each place for itself", () => {
  const throttle = new Throttle<string>(100, (key, value) => passed.push([key, value]));
  for (const text of ["a", "ab", "abc"]) throttle.put("one", text);
  throttle.put("other", "x");
  vi.advanceTimersByTime(1_000);
  expect(passed).toEqual([
    ["one", "a"],
    ["other", "x"],
    ["one", "abc"],
  ]);
});

test("a repeated signal passes every so often, its end at once and once", () => {
  const repeated = new Repeated(2_000, (key, active) => passed.push([key, active]));
  repeated.put("one", false);
  for (let count = 0; count < 25; count += 1) {
    repeated.put("one", true);
    vi.advanceTimersByTime(100);
  }
  repeated.put("one", false);
  repeated.put("one", false);
  expect(passed).toEqual([
    ["one", true],
    ["one", true],
    ["one", false],
  ]);
});

test("the newest passes when the one before is through, and nothing overtakes", async () => {
  const through: (() => void)[] = [];
  const newest = new Newest<string>(100, (key, value) => {
    passed.push([key, value]);
    return new Promise((resolve) => through.push(resolve));
  });
  for (const text of ["a", "ab", "abc"]) newest.put("one", text);
  newest.put("other", "x");
  await vi.advanceTimersByTimeAsync(1_000);
  const first = [
    ["one", "a"],
    ["other", "x"],
  ];
  expect(passed).toEqual(first);
  through[0]?.();
  await vi.advanceTimersByTimeAsync(90);
  newest.put("one", "");
  expect(passed).toEqual(first);
  await vi.advanceTimersByTimeAsync(10);
  expect(passed).toEqual([...first, ["one", ""]]);
  through[2]?.();
  await vi.advanceTimersByTimeAsync(100);
  newest.put("one", "b");
  expect(passed).toEqual([...first, ["one", ""], ["one", "b"]]);
});
