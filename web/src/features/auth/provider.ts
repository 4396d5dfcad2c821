import { ApiError } from "../../api/errors.ts";
import { rest } from "../../api/rest.ts";
import type { Session, SignInChallenge } from "../../api/types.ts";

/** The secret of a sign-in that is at the provider: only the tab that began it can finish it. */
const KEY = "chatr.oidc.binding";

/** Goes to the provider. It comes back to /oidc. */
export async function leaveForProvider(): Promise<void> {
  const { url, binding } = await rest("oidc.start", {});
  sessionStorage.setItem(KEY, binding);
  location.assign(url);
}

/** What the provider said in the address that it sent the browser to. */
export function answerOf(search: string): { state: string; code: string } | undefined {
  const given = new URLSearchParams(search);
  const state = given.get("state");
  const code = given.get("code");
  return state && code ? { state, code } : undefined;
}

const finishing = new Map<string, Promise<Session | SignInChallenge>>();

/** Finishes a sign-in; each one once, however often it is asked for. */
export function finish(search: string): Promise<Session | SignInChallenge> {
  let work = finishing.get(search);
  if (work === undefined) {
    work = finishOnce(search);
    finishing.set(search, work);
  }
  return work;
}

async function finishOnce(search: string): Promise<Session | SignInChallenge> {
  const answer = answerOf(search);
  const binding = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  if (answer === undefined) throw new ApiError("gone", "The provider sent no code");
  if (binding === null) throw new ApiError("code_wrong", "Begun elsewhere");
  return rest("oidc.finish", { ...answer, binding });
}
