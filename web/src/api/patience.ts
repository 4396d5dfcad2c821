import { ApiError } from "./errors.ts";

const PASSING = new Set(["transport_lost", "unavailable", "rate_limited", "locked", "internal"]);

/** Whether nothing is wrong with the call itself, so that the same call may pass a little later. */
export function passes(error: unknown): boolean {
  return error instanceof ApiError && PASSING.has(error.code);
}

/** How long the server asks to wait. */
export function retryAfterMs(error: unknown): number {
  return error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0;
}
