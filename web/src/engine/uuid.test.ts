import { afterEach, expect, it, vi } from "vitest";
import { uuid } from "./uuid.ts";

afterEach(() => vi.useRealTimers());

it("makes version 7 UUIDs that are together with those of their day, and tell no more of the time", () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 28, 23, 59) });
  const made = Array.from({ length: 1000 }, uuid);
  expect(new Set(made).size).toBe(1000);
  for (const id of made) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.replace("-", "").slice(0, 12), 16)).toBe(Date.UTC(2026, 10, 28));
  }
  vi.setSystemTime(Date.UTC(2026, 10, 29));
  expect(uuid() > (made.sort().at(-1) ?? "")).toBe(true);
});
