import { expect, it } from "vitest";
import { ApiError } from "../../../api/errors.ts";
import { t } from "../../../text/auth.ts";
import { otherProblem, passwordProblem, wantsPassword } from "./proof.ts";

const { passwordNeeded, passwordWrong, proofLate, lockedFor } = t.auth.security;

function refused(code: string, field?: string): ApiError {
  return new ApiError(code, "", 401, "", field ? [{ path: `$.${field}`, message: "is needed" }] : [], 840);
}

it("tells a sign-in too long ago from a wrong password", () => {
  expect(wantsPassword(refused("code_wrong", "password"))).toBe(true);
  expect(wantsPassword(refused("code_wrong"))).toBe(false);
  expect(wantsPassword(refused("invalid", "password"))).toBe(false);
  expect(passwordProblem(refused("code_wrong", "password"))).toBe(proofLate);
  expect(passwordProblem(refused("code_wrong"))).toBe(passwordWrong);
});

it("says when it is missing, at the field that asks for it", () => {
  expect(passwordProblem(refused("invalid", "current"), "current")).toBe(passwordNeeded);
  expect(passwordProblem(refused("invalid", "password"), "current")).toBeUndefined();
  expect(passwordProblem(new Error("?"))).toBeUndefined();
});

it("counts the minutes of a lock, which no reset opens here", () => {
  expect(passwordProblem(refused("locked"))).toBeUndefined();
  expect(otherProblem(refused("locked"))).toBe(lockedFor(14));
});
