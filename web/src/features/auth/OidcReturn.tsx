import { useEffect, useState } from "react";
import { ApiError } from "../../api/errors.ts";
import type { Session, SignInChallenge } from "../../api/types.ts";
import { t } from "../../text/auth.ts";
import { refusal } from "../../text/refusal.ts";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { finish } from "./provider.ts";

export interface OidcReturnProps {
  onAnswer: (answer: Session | SignInChallenge) => void;
  onRefused: (sentence: string) => void;
}

/** Back from the provider: signs in with what it gave. */
export function OidcReturn({ onAnswer, onRefused }: OidcReturnProps) {
  const [search] = useState(() => location.search);
  useEffect(() => {
    let here = true;
    // A code of the provider has no place in the history.
    history.replaceState(history.state, "", location.pathname);
    finish(search).then(
      (answer) => here && onAnswer(answer),
      (error) => here && onRefused(oidcProblem(error)),
    );
    return () => {
      here = false;
    };
  }, [search, onAnswer, onRefused]);
  return (
    <div className="auth-form">
      <h2 className="auth-form__title">{t.auth.oidcTitle}</h2>
      <Skeleton rows={1} />
    </div>
  );
}

function oidcProblem(error: unknown): string {
  if (!(error instanceof ApiError)) return refusal(error);
  switch (error.code) {
    case "code_wrong":
      return t.auth.oidcElsewhere;
    case "gone":
      return t.auth.oidcFailed;
    case "conflict":
      return t.auth.oidcConflict;
    case "forbidden":
      return t.auth.oidcForbidden;
    default:
      return refusal(error);
  }
}
