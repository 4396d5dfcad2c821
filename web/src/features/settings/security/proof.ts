import { ApiError } from "../../../api/errors.ts";
import { t } from "../../../text/auth.ts";
import { refusal } from "../../../text/refusal.ts";

/** Whether the server wants the password for this, since one signed in a while ago. */
export function wantsPassword(error: unknown): boolean {
  return error instanceof ApiError && error.at("password") !== undefined && error.code === "code_wrong";
}

/** What is wrong with the password that was given as proof; undefined when it is something else. */
export function passwordProblem(error: unknown, field = "password"): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  if (error.code === "invalid" && error.at(field) !== undefined) return t.auth.security.passwordNeeded;
  if (error.code !== "code_wrong") return undefined;
  return error.at(field) === undefined ? t.auth.security.passwordWrong : t.auth.security.proofLate;
}

/** What went wrong with all else: the lock is that of the password here, and no new one opens it. */
export function otherProblem(error: unknown): string {
  if (error instanceof ApiError && error.code === "locked") {
    return t.auth.security.lockedFor(Math.max(1, Math.ceil((error.retryAfter ?? 60) / 60)));
  }
  return refusal(error);
}
