import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../../api/errors.ts";
import { rest } from "../../api/rest.ts";
import type { Session } from "../../api/types.ts";
import { t } from "../../text/auth.ts";
import { Button } from "../../ui/Button.tsx";
import { Field } from "../../ui/Field.tsx";
import { PasswordInput } from "../../ui/PasswordInput.tsx";
import { TextInput } from "../../ui/TextInput.tsx";
import { AuthNote } from "./AuthNote.tsx";
import { DemoBox } from "./DemoBox.tsx";
import type { Answer, Given } from "./flow.ts";
import { Providers } from "./Providers.tsx";
import { Refused } from "./Refused.tsx";
import { type Act, useAct } from "./useAct.ts";
import { focusWrong, useFirstField } from "./useFirstField.ts";
import { signInProblem } from "./words.ts";

/** What is said above the form: why one has to sign in, or what was done before. */
export interface Greeting {
  kind: "news" | "good" | "bad";
  text: string;
}

export interface SignInProps {
  greeting?: Greeting;
  login?: string;
  begin: (session: Session) => Promise<void>;
  onAnswer: (answer: Answer, given: Given) => void;
}

export function SignIn({ greeting, login = "", begin, onAnswer }: SignInProps) {
  return (
    <div className="auth-form auth-form--landing">
      <div className="auth-form__part">
        {greeting && <AuthNote kind={greeting.kind}>{greeting.text}</AuthNote>}
        <h2 className="auth-form__title">{t.auth.signIn}</h2>
        <SignInForm first={login} begin={begin} onAnswer={onAnswer} />
      </div>
      <div className="auth-form__part">
        <Providers />
        <p className="auth-form__centre">
          {t.auth.newHere} <Link href="/signup">{t.auth.createAccount}</Link>
        </p>
        <DemoBox begin={begin} />
      </div>
    </div>
  );
}

function SignInForm({ first, begin, onAnswer }: Omit<SignInProps, "greeting" | "login"> & { first: string }) {
  const form = useFirstField<HTMLFormElement>(true);
  const [login, setLogin] = useState(first);
  const [password, setPassword] = useState("");
  const [missing, setMissing] = useState(false);
  const act = useAct();
  const send = async () => {
    const given = { login: login.trim(), password };
    const answer = await rest("session.login", given);
    if ("accessToken" in answer) await begin(answer);
    else onAnswer(answer, given);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const incomplete = login.trim() === "" || password === "";
    setMissing(incomplete);
    if (incomplete) focusWrong(form.current);
    else void act.run(send);
  };
  return (
    <form className="auth-form__part" ref={form} onSubmit={submit} noValidate>
      <Field label={t.auth.login} error={missing && login.trim() === "" ? t.auth.enterLogin : undefined}>
        {({ id, describedBy, invalid }) => (
          <TextInput
            large
            id={id}
            name="username"
            aria-describedby={describedBy}
            aria-invalid={invalid}
            autoComplete="username"
            autoCapitalize="off"
            spellCheck={false}
            value={login}
            onChange={(event) => setLogin(event.target.value)}
          />
        )}
      </Field>
      <div className="auth-form__with-link">
        <Field label={t.auth.password} error={missing && password === "" ? t.auth.enterPassword : undefined}>
          {({ id, describedBy, invalid }) => (
            <PasswordInput
              large
              id={id}
              name="password"
              aria-describedby={describedBy}
              aria-invalid={invalid}
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        <Link href="/reset" className="auth-form__label-link">
          {t.auth.forgot}
        </Link>
      </div>
      <SendSignIn act={act} />
    </form>
  );
}

function SendSignIn({ act }: { act: Act }) {
  return (
    <div className="auth-form__send">
      {act.error !== undefined && <Refused error={act.error} words={signInProblem} />}
      <Button kind="primary" size="lg" block type="submit" busy={act.busy}>
        {act.busy ? t.auth.signingIn : lost(act.error) ? t.auth.tryAgain : t.auth.signIn}
      </Button>
    </div>
  );
}

function lost(error: unknown): boolean {
  return error instanceof ApiError && error.code === "transport_lost";
}
