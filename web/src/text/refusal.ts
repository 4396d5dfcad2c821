import { ApiError } from "../api/errors.ts";
import { t } from "./index.ts";

/** One sentence for what went wrong. What is wrong with a field says the field: `error.at(name)`. */
export function refusal(error: unknown): string {
  if (!(error instanceof ApiError)) return t.errors.server;
  switch (error.code) {
    case "rate_limited":
      return t.errors.rate_limited(error.retryAfter ?? 1);
    case "locked":
      return t.errors.locked(Math.max(1, Math.ceil((error.retryAfter ?? 60) / 60)));
    case "invalid":
    case "unauthenticated":
    case "forbidden":
    case "not_found":
    case "conflict":
    case "gone":
    case "too_large":
    case "unsupported_media":
    case "blocked":
    case "code_wrong":
    case "code_expired":
    case "transport_lost":
      return t.errors[error.code];
    default:
      return t.errors.server;
  }
}
