import { expect, it } from "vitest";
import { clamped, FITTED, type Frame, fitted, zoomed } from "./zoom.ts";

const stage = { width: 1000, height: 600 };
const frame: Frame = { stage, picture: fitted({ width: 4000, height: 3000 }, stage) };

it("fits a picture whole, and makes none larger than it is", () => {
  expect(frame.picture).toEqual({ width: 800, height: 600 });
  expect(fitted({ width: 100, height: 50 }, stage)).toEqual({ width: 100, height: 50 });
});

it("keeps the point under the pointer where it is", () => {
  const at = { x: 200, y: -100 };
  const once = zoomed(FITTED, 2, at, frame);
  expect(once).toEqual({ scale: 2, x: -200, y: 100 });
  // The same point of the picture is under it still.
  const pointOf = ({ scale, x, y }: typeof once) => [(at.x - x) / scale, (at.y - y) / scale];
  expect(pointOf(zoomed(once, 3, at, frame))).toEqual(pointOf(once).map((value) => expect.closeTo(value)));
});

it("goes neither below the fitted size nor beyond five times of it", () => {
  expect(zoomed(FITTED, 0.2, { x: 90, y: 0 }, frame)).toEqual(FITTED);
  expect(zoomed(FITTED, 99, { x: 0, y: 0 }, frame).scale).toBe(5);
});

it("lets no edge come further in than that of the stage", () => {
  expect(clamped({ scale: 2, x: 9999, y: -9999 }, frame)).toEqual({ scale: 2, x: 300, y: -300 });
  // Along the side on which all of it is seen it stays in the middle.
  expect(clamped({ scale: 1.2, x: 50, y: 50 }, frame)).toEqual({ scale: 1.2, x: 0, y: 50 });
  expect(clamped({ scale: 1, x: 5, y: 5 }, frame)).toEqual(FITTED);
});
