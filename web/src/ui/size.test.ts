import { expect, it } from "vitest";
import { fileSize } from "./size.ts";

it("has a unit, and a decimal where it says something", () => {
  const texts = [0, 999, 1500, 1_048_200, 1_610_000, 16_000_000, 52_428_800, 2_300_000_000].map(fileSize);
  expect(texts).toEqual(["0 byte", "999 byte", "1 kB", "1 MB", "1.5 MB", "15 MB", "50 MB", "2.1 GB"]);
});
