import Dexie from "dexie";
import { expect, it } from "vitest";
import { ApiError } from "../../api/errors.ts";
import { isFull } from "./full.ts";

const full = new DOMException("no room", "QuotaExceededError");

it("is where a browser has no room, however that is said", () => {
  expect(isFull(full)).toBe(true);
  expect(isFull(new Dexie.AbortError("aborted", full))).toBe(true);
  expect(isFull(new Dexie.BulkError("1 of 1 failed", { 0: full } as never))).toBe(true);
});

it("is nothing else", () => {
  expect([new ApiError("too_large", ""), new Dexie.AbortError("aborted"), undefined, "x"].some(isFull)).toBe(false);
});
