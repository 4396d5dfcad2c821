import { expect, it } from "vitest";
import { shownSize } from "./shownSize.ts";

it("shows a picture whole, within 340 by 400", () => {
  expect(shownSize({ width: 4000, height: 3000 })).toEqual({ width: 340, height: 255 });
  expect(shownSize({ width: 3000, height: 4000 })).toEqual({ width: 300, height: 400 });
  expect(shownSize({ width: 200, height: 100 })).toEqual({ width: 200, height: 100 });
});

it("leaves room for the time on the smallest and on the longest", () => {
  expect(shownSize({ width: 16, height: 16 })).toEqual({ width: 120, height: 72 });
  expect(shownSize({ width: 20000, height: 10 })).toEqual({ width: 340, height: 72 });
  expect(shownSize({ width: 10, height: 20000 })).toEqual({ width: 120, height: 400 });
});

it("has a shape for what nobody has measured", () => {
  expect(shownSize({})).toEqual({ width: 340, height: 227 });
  expect(shownSize({ width: 0, height: 10 })).toEqual({ width: 340, height: 227 });
});
