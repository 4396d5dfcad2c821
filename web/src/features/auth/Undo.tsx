import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { ApiError } from "../../api/errors.ts";
import { rest } from "../../api/rest.ts";
import { t } from "../../text/auth.ts";
import { refusal } from "../../text/refusal.ts";
import { Button } from "../../ui/Button.tsx";
import { BackLink } from "./BackLink.tsx";
import { SecretForm } from "./SecretForm.tsx";

/** Takes back a change of an address, with the key that the former one was told. A link may bring it: /undo#token=… */
export function Undo() {
  const [, navigate] = useLocation();
  const [done, setDone] = useState(false);
  if (!done) return <UndoForm onDone={() => setDone(true)} />;
  return (
    <div className="auth-form">
      <h2 className="auth-form__title">{t.auth.undoneTitle}</h2>
      <p className="auth-form__text" role="status">
        {t.auth.undoneText}
      </p>
      <Button kind="primary" size="lg" block onClick={() => navigate("/reset")}>
        {t.auth.resetTitle}
      </Button>
    </div>
  );
}

function UndoForm({ onDone }: { onDone: () => void }) {
  const [start] = useState(() => new URLSearchParams(location.hash.slice(1)).get("token") ?? "");
  // The key is good for an account: it stays neither in the address nor in the history.
  useEffect(() => history.replaceState(history.state, "", location.pathname), []);
  const undo = async (token: string) => {
    await rest("account.undo_change", { token });
    onDone();
  };
  return (
    <SecretForm
      title={t.auth.undoTitle}
      text={t.auth.undoText}
      label={t.auth.undoKey}
      verb={t.auth.undoVerb}
      missing={t.auth.enterKey}
      problemOf={undoProblem}
      onSecret={undo}
      start={start}
    >
      <BackLink />
    </SecretForm>
  );
}

function undoProblem(error: unknown): string {
  if (!(error instanceof ApiError)) return refusal(error);
  if (error.code === "code_wrong" || error.code === "code_expired") return t.auth.undoWrong;
  return error.code === "conflict" ? t.auth.undoConflict : refusal(error);
}
