import { describe, expect, it } from "vitest";
import { drawn, draws, enough, sideOf } from "./swipe.ts";

describe("swiping a row", () => {
  it("is neither a tap nor scrolling", () => {
    expect(draws(8, 0)).toBe(false);
    expect(draws(40, 40)).toBe(false);
    expect(draws(-40, 10)).toBe(true);
  });

  it("shows what is at the start when drawn towards the end, whatever the direction of the script", () => {
    expect(sideOf(enough, false)).toBe("start");
    expect(sideOf(-enough, false)).toBe("end");
    expect(sideOf(enough, true)).toBe("end");
    expect(sideOf(-enough, true)).toBe("start");
    expect(sideOf(enough - 1, false)).toBeUndefined();
  });

  it("goes on more slowly when it is enough", () => {
    expect(drawn(50)).toBe(50);
    expect(drawn(-(enough + 40))).toBe(-(enough + 10));
  });
});
