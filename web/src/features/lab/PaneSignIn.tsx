import { type FormEvent, useEffect, useState } from "react";
import { rest } from "../../api/rest.ts";
import type { SignInChallenge } from "../../api/types.ts";
import { t } from "../../text/developer.ts";
import { refusal } from "../../text/refusal.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import { Button } from "../../ui/Button.tsx";
import { CodeInput } from "../../ui/CodeInput.tsx";
import { Field } from "../../ui/Field.tsx";
import { PasswordInput } from "../../ui/PasswordInput.tsx";
import { TextInput } from "../../ui/TextInput.tsx";
import { type DemoPerson, demoCast, signInAs } from "../auth/demo.ts";
import { begin, login } from "./state.ts";
import "./PaneSignIn.css";

type Outcome = Awaited<ReturnType<typeof login>>;

/** Sign in to a pane: as somebody of the demo, or with a password and, if the account wants it, a code. */
export function PaneSignIn({ pane }: { pane: number }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const [challenge, setChallenge] = useState<SignInChallenge>();
  const run = async (act: () => Promise<Outcome>) => {
    if (busy) return;
    setBusy(true);
    setError("");
    try {
      const outcome = await act();
      if ("accessToken" in outcome) begin(pane, outcome);
      else if ("challenge" in outcome) setChallenge(outcome);
      else setError(t.developer.unfinished);
    } catch (problem) {
      setError(refusal(problem));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="lab-sign-in">
      <div>
        <h3>{t.developer.signInHere}</h3>
        <p>{t.developer.signInText}</p>
      </div>
      <DemoPeople busy={busy} onPick={(username) => void run(() => signInAs(username, true))} />
      {challenge === undefined ? (
        <PasswordForm busy={busy} error={error} onSubmit={(name, password) => void run(() => login(name, password))} />
      ) : (
        <SecondStep
          challenge={challenge}
          busy={busy}
          error={error}
          onCode={(params) => void run(() => rest("session.verify_login", params, { apart: true }))}
        />
      )}
    </div>
  );
}

function DemoPeople({ busy, onPick }: { busy: boolean; onPick: (username: string) => void }) {
  const [people, setPeople] = useState<readonly DemoPerson[]>([]);
  useEffect(() => {
    const end = new AbortController();
    // Without an answer there are none.
    demoCast(end.signal).then(
      ({ people }) => setPeople(people),
      () => undefined,
    );
    return () => end.abort();
  }, []);
  if (people.length === 0) return null;
  return (
    <div className="lab-sign-in__people">
      {people.map(({ id, username, displayName }) => (
        <button
          key={username}
          type="button"
          aria-disabled={busy || undefined}
          aria-label={t.developer.signInAs(displayName)}
          onClick={() => onPick(username)}
        >
          <Avatar id={id ?? username} name={displayName} size={44} />
          <bdi aria-hidden="true" className="ellipsis">
            {displayName}
          </bdi>
        </button>
      ))}
    </div>
  );
}

interface PasswordFormProps {
  busy: boolean;
  error: string;
  onSubmit: (name: string, password: string) => void;
}

function PasswordForm({ busy, error, onSubmit }: PasswordFormProps) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit(name, password);
  };
  return (
    <form className="lab-sign-in__form" onSubmit={submit}>
      <Field label={t.developer.login}>
        {({ id }) => (
          <TextInput
            id={id}
            value={name}
            onChange={(event) => setName(event.target.value)}
            autoComplete="off"
            autoCapitalize="none"
            required
          />
        )}
      </Field>
      <Field label={t.developer.password} error={error}>
        {({ id, describedBy, invalid }) => (
          <PasswordInput
            id={id}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            autoComplete="off"
            aria-describedby={describedBy}
            aria-invalid={invalid}
            required
          />
        )}
      </Field>
      <Button kind="primary" type="submit" busy={busy}>
        {t.developer.signIn}
      </Button>
    </form>
  );
}

interface SecondStepProps {
  challenge: SignInChallenge;
  busy: boolean;
  error: string;
  onCode: (params: { challenge: string; code?: string; totp?: string }) => void;
}

function SecondStep({ challenge: { challenge, methods }, busy, error, onCode }: SecondStepProps) {
  const [code, setCode] = useState("");
  const send = (whole: string) =>
    onCode({ challenge, ...(methods.includes("totp") ? { totp: whole } : { code: whole }) });
  return <CodeInput value={code} onChange={setCode} onComplete={send} error={error} busy={busy} />;
}
