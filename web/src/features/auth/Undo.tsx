import { type FormEvent, useState } from "react";
import { Link, useLocation } from "wouter";
import { ApiError } from "../../api/errors.ts";
import { rest } from "../../api/rest.ts";
import { t } from "../../text/auth.ts";
import { refusal } from "../../text/refusal.ts";
import { Button } from "../../ui/Button.tsx";
import { Field } from "../../ui/Field.tsx";
import { TextInput } from "../../ui/TextInput.tsx";
import { useAct } from "./useAct.ts";
import { focusWrong, useFirstField } from "./useFirstField.ts";

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
  const place = useFirstField<HTMLFormElement>();
  const [token, setToken] = useState(() => new URLSearchParams(location.hash.slice(1)).get("token") ?? "");
  const [missing, setMissing] = useState(false);
  const act = useAct();
  const problem = act.error === undefined ? undefined : undoProblem(act.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const empty = token.trim() === "";
    setMissing(empty);
    if (empty) return focusWrong(place.current);
    void act
      .run(async () => {
        await rest("account.undo_change", { token: token.trim() });
      })
      .then((fine) => fine && onDone());
  };
  return (
    <form className="auth-form" ref={place} onSubmit={submit} noValidate>
      <h2 className="auth-form__title">{t.auth.undoTitle}</h2>
      <p className="auth-form__text">{t.auth.undoText}</p>
      <Field label={t.auth.undoKey} error={problem ?? (missing ? t.auth.enterKey : undefined)}>
        {({ id, describedBy, invalid }) => (
          <TextInput
            large
            id={id}
            dir="ltr"
            className="auth-form__mono"
            aria-describedby={describedBy}
            aria-invalid={invalid}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            value={token}
            onChange={(event) => {
              setToken(event.target.value);
              act.clear();
            }}
          />
        )}
      </Field>
      <Button kind="primary" size="lg" block type="submit" busy={act.busy}>
        {t.auth.undoVerb}
      </Button>
      <div className="auth-form__links">
        <Link href="/">{t.auth.backToSignIn}</Link>
      </div>
    </form>
  );
}

function undoProblem(error: unknown): string {
  if (!(error instanceof ApiError)) return refusal(error);
  if (error.code === "code_wrong" || error.code === "code_expired") return t.auth.undoWrong;
  return error.code === "conflict" ? t.auth.undoConflict : refusal(error);
}
