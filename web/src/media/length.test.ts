import { expect, it } from "vitest";
import { lengthText } from "./length.ts";

it("writes a length as a clock would", () => {
  expect([0, 0.9, 42.4, 60, 725, 3727, -1].map(lengthText)).toEqual([
    "0:00",
    "0:00",
    "0:42",
    "1:00",
    "12:05",
    "1:02:07",
    "0:00",
  ]);
});
