import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../../api/errors.ts";
import { t } from "../../text/auth.ts";
import { refusal } from "../../text/refusal.ts";
import { AuthNote } from "./AuthNote.tsx";
import { useCountdown } from "./useCountdown.ts";

export interface RefusedProps {
  error: unknown;
  /** What it is told as. */
  words?: (error: unknown) => string;
}

/** Why something did not work, with the way out where there is one. */
export function Refused({ error, words = refusal }: RefusedProps) {
  if (error instanceof ApiError && (error.code === "rate_limited" || error.code === "locked"))
    return <Wait key={error.requestId} error={error} code={error.code} />;
  const lost = error instanceof ApiError && error.code === "transport_lost";
  return (
    <AuthNote kind={lost ? "offline" : "bad"} bare={lost}>
      {words(error)}
    </AuthNote>
  );
}

/** What has only to wait counts down, and is gone when one may try again. It is read out once, not every second. */
function Wait({ error, code }: { error: ApiError; code: "rate_limited" | "locked" }) {
  const [seconds] = useState(error.retryAfter ?? (code === "locked" ? 60 : 1));
  const [until] = useState(() => Date.now() + seconds * 1000);
  const left = useCountdown(until);
  if (left === 0) return null;
  const twice = (words: (seconds: number) => string): ReactNode => (
    <>
      <span className="visually-hidden">{words(seconds)}</span>
      <span aria-hidden="true">{words(left)}</span>
    </>
  );
  if (code === "rate_limited") return <AuthNote kind="bad">{twice(t.errors.rate_limited)}</AuthNote>;
  return (
    <AuthNote kind="locked">
      {twice((rest) => t.auth.lockedFor(Math.ceil(rest / 60)))}
      <Link href="/reset">{t.auth.lockedReset}</Link>.
    </AuthNote>
  );
}
