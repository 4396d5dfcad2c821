/** A field that is wrong: `path` as `$.username`. */
export interface FieldError {
  path: string;
  message: string;
}

/** A refusal of the server, or `transport_lost`: there was no answer, and nobody knows what became of the call. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    detail: string,
    readonly status = 0,
    readonly requestId = "",
    readonly errors: readonly FieldError[] = [],
    /** Seconds after which it may be tried again. */
    readonly retryAfter?: number,
  ) {
    super(detail);
    this.name = "ApiError";
  }

  /** The message at a field, if it is wrong. */
  at(field: string): string | undefined {
    return this.errors.find((error) => error.path === `$.${field}`)?.message;
  }

  /** Makes one of the body of problem+json, or of the kwargs of a WAMP ERROR. */
  static from(body: Record<string, unknown>, status = 0): ApiError {
    const errors = Array.isArray(body.errors) ? (body.errors as FieldError[]) : [];
    return new ApiError(
      typeof body.code === "string" ? body.code : "internal",
      typeof body.detail === "string" ? body.detail : "",
      typeof body.status === "number" ? body.status : status,
      typeof body.requestId === "string" ? body.requestId : "",
      errors,
      typeof body.retryAfter === "number" ? body.retryAfter : undefined,
    );
  }
}

/** There was no answer. */
export function transportLost(detail = "No answer"): ApiError {
  return new ApiError("transport_lost", detail);
}
