import { describe, expect, it } from "vitest";
import { ApiError } from "../../api/errors.ts";
import { isLoopback } from "../../app/development.ts";
import { t } from "../../text/auth.ts";
import { answerOf } from "./provider.ts";
import { codeProblem, endedBecause, fieldErrors, looksLikeEmail, looksLikeUsername, signInProblem } from "./words.ts";

function refused(code: string, ...fields: [string, string][]): ApiError {
  const errors = fields.map(([name, message]) => ({ path: `$.${name}`, message }));
  return new ApiError(code, "", 400, "", errors);
}

describe("fields", () => {
  it("says what is taken", () => {
    expect(fieldErrors(refused("conflict", ["username", "is taken"]), "@mira").username).toBe("@mira is taken.");
    expect(fieldErrors(refused("conflict", ["email", "is taken"])).email).toBe(t.auth.emailTaken);
    expect(fieldErrors(refused("conflict", ["phoneNumber", "is taken"])).phoneNumber).toBe(t.auth.phoneTaken);
  });

  it("says what is needed", () => {
    const found = fieldErrors(
      refused(
        "invalid",
        ["username", "is reserved"],
        ["email", "is not an e-mail address"],
        ["phoneNumber", "this server can't send SMS"],
        ["password", "is one of the commonest passwords"],
      ),
      "me",
    );
    expect(found).toEqual({
      username: t.auth.usernameReserved("me"),
      email: t.auth.emailForm,
      phoneNumber: t.auth.noSms,
      password: t.auth.strengthNotes.refused,
    });
  });

  it("leaves what is about the whole to the form", () => {
    expect(fieldErrors(refused("rate_limited"))).toEqual({});
    expect(fieldErrors(new Error("?"))).toEqual({});
  });
});

it("tells a wrong password from a wrong code", () => {
  expect(signInProblem(refused("code_wrong"))).toBe(t.errors.unauthenticated);
  expect(codeProblem(refused("code_wrong"), "wrong")).toBe("wrong");
  expect(codeProblem(refused("code_expired"), "wrong")).toBe(t.errors.code_expired);
  expect(codeProblem(new ApiError("rate_limited", "", 429, "", [], 7), "wrong")).toBe(t.errors.rate_limited(7));
});

it("knows why a session ended", () => {
  expect(endedBecause("password_changed")).toBe(t.auth.ended.password_changed);
  expect(endedBecause("session_revoked")).toBe(t.auth.ended.other);
});

it("looks at addresses and names", () => {
  expect(["a@b.c", "mira@example.org"].every(looksLikeEmail)).toBe(true);
  expect(["mira@", "@b.c", "a b@c.d", "a@b.", "a@b"].some(looksLikeEmail)).toBe(false);
  expect(["mira", "@mira_c"].every(looksLikeUsername)).toBe(true);
  expect(["mi", "mi ra", "m".repeat(21)].some(looksLikeUsername)).toBe(false);
});

it("takes only this machine for one of developers", () => {
  expect(["localhost", "127.0.0.1", "[::1]"].every(isLoopback)).toBe(true);
  expect(["chatr.example.org", "127.0.0.1.example.org", "192.168.1.2"].some(isLoopback)).toBe(false);
});

it("reads what the provider sent back", () => {
  expect(answerOf("?state=s&code=c")).toEqual({ state: "s", code: "c" });
  expect(answerOf("?error=access_denied&state=s")).toBeUndefined();
});
