import { ApiError } from "../../api/errors.ts";
import { t } from "../../text/auth.ts";
import { refusal } from "../../text/refusal.ts";

export type FieldName = "username" | "email" | "phoneNumber" | "password";
export type FieldErrors = { [name in FieldName]?: string };

/** What a refusal says about the fields of a form; empty when it is about the whole. */
export function fieldErrors(error: unknown, username = ""): FieldErrors {
  if (!(error instanceof ApiError)) return {};
  const found: FieldErrors = {};
  const bare = username.replace(/^@/, "");
  const at = (name: FieldName, words: (message: string) => string) => {
    const message = error.at(name);
    if (message !== undefined) found[name] = words(message);
  };
  const taken = error.code === "conflict";
  at("username", (message) => usernameProblem(message, bare));
  at("email", (message) => {
    if (taken) return t.auth.emailTaken;
    return message.includes("phone number") ? t.auth.oneAddress : t.auth.emailForm;
  });
  at("phoneNumber", (message) => {
    if (taken) return t.auth.phoneTaken;
    return message.includes("SMS") ? t.auth.noSms : t.auth.phoneForm;
  });
  at("password", passwordProblem);
  return found;
}

/** Why a username can't be had. */
export function usernameProblem(reason: string | undefined, bare: string): string {
  if (reason === "is taken") return t.auth.usernameTaken(bare);
  return reason === "is reserved" ? t.auth.usernameReserved(bare) : t.auth.usernameForm;
}

function passwordProblem(message: string): string {
  if (message.includes("differ")) return t.auth.strengthNotes.own;
  if (message.includes("upper-case")) return t.auth.strengthNotes.capital;
  if (message.includes("special")) return t.auth.strengthNotes.sign;
  if (message.includes("at most")) return t.auth.strengthNotes.tooLong;
  return message.includes("characters") ? t.auth.strengthNotes.tooShort : t.auth.strengthNotes.refused;
}

/** Whether a text can be an e-mail address. The server looks closer. */
export function looksLikeEmail(text: string): boolean {
  return /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(text.trim());
}

/** Whether a text can be a username, with or without the leading @. */
export function looksLikeUsername(text: string): boolean {
  return /^@?[A-Za-z0-9_]{3,20}$/.test(text.trim());
}

/** Why signing in did not work. */
export function signInProblem(error: unknown): string {
  if (!(error instanceof ApiError)) return refusal(error);
  switch (error.code) {
    case "code_wrong":
      return t.errors.unauthenticated;
    case "forbidden":
      return t.auth.disabled;
    default:
      return refusal(error);
  }
}

/** Why a code that was typed did not do: `wrong` says it for this kind of code. */
export function codeProblem(error: unknown, wrong: string): string {
  if (error instanceof ApiError) {
    if (["code_wrong", "totp_required", "invalid"].includes(error.code)) return wrong;
    if (error.code === "conflict") return t.auth.codeTaken;
    if (error.code === "forbidden") return t.auth.disabled;
  }
  return refusal(error);
}

/** Why a session ended in the middle of work. */
export function endedBecause(reason: string): string {
  const reasons: Record<string, string> = t.auth.ended;
  return reasons[reason] ?? t.auth.ended.other;
}
