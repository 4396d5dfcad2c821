import { expect, it } from "vitest";
import { outcome, SIZES } from "./crop.ts";

it("is as large as it was, and no larger than may be", () => {
  const area = { x: 10, y: 0, width: 300, height: 300 };
  expect(outcome(area, SIZES.face)).toEqual({ width: 300, height: 300 });
  expect(outcome({ ...area, width: 3000, height: 3000 }, SIZES.face)).toEqual({ width: 800, height: 800 });
  expect(outcome({ ...area, width: 4001, height: 2000 }, SIZES.cover)).toEqual({ width: 1200, height: 600 });
  expect(outcome({ ...area, width: 0.4, height: 0.4 }, SIZES.face)).toEqual({ width: 1, height: 1 });
});
