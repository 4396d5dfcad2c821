import { type FormEvent, useId, useState } from "react";
import { ApiError } from "../../api/errors.ts";
import { rest } from "../../api/rest.ts";
import { t } from "../../text/auth.ts";
import { Button } from "../../ui/Button.tsx";
import { CodeInput } from "../../ui/CodeInput.tsx";
import { AddressField } from "./AddressField.tsx";
import { AuthNote } from "./AuthNote.tsx";
import { BackLink } from "./BackLink.tsx";
import { Resend } from "./CodeStep.tsx";
import { NewPasswordField } from "./NewPasswordField.tsx";
import { Refused } from "./Refused.tsx";
import { strengthOf } from "./strength.ts";
import { useAct } from "./useAct.ts";
import { focusWrong, useFirstField } from "./useFirstField.ts";
import { codeProblem, fieldErrors, looksLikeEmail } from "./words.ts";

/** A new password by a mailed code: for the address first, then the code and the password. */
export function Reset({ onDone }: { onDone: (email: string) => void }) {
  const [sentTo, setSentTo] = useState<string>();
  const forget = async (email: string) => {
    await rest("password.forgot", { email });
    setSentTo(email);
  };
  if (sentTo === undefined) return <Forgot onSend={forget} />;
  return <SetPassword email={sentTo} onAgain={() => forget(sentTo)} onDone={() => onDone(sentTo)} />;
}

function Forgot({ onSend }: { onSend: (email: string) => Promise<void> }) {
  const place = useFirstField<HTMLFormElement>();
  const [email, setEmail] = useState("");
  const [wrong, setWrong] = useState<string>();
  const act = useAct();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const fine = looksLikeEmail(email);
    setWrong(fine ? undefined : t.auth.emailForm);
    if (fine) void act.run(() => onSend(email.trim()));
    else focusWrong(place.current);
  };
  return (
    <form className="auth-form" ref={place} onSubmit={submit} noValidate>
      <h2 className="auth-form__title">{t.auth.resetTitle}</h2>
      <p className="auth-form__text">{t.auth.resetText}</p>
      <AddressField
        large
        kind="email"
        value={email}
        onChange={(value) => {
          setEmail(value);
          setWrong(undefined);
        }}
        error={wrong}
      />
      {act.error !== undefined && <Refused error={act.error} />}
      <Button kind="primary" size="lg" block type="submit" busy={act.busy}>
        {t.auth.sendCode}
      </Button>
      <div className="auth-form__links">
        <BackLink />
      </div>
    </form>
  );
}

interface SetPasswordProps {
  email: string;
  onAgain: () => Promise<void>;
  onDone: () => void;
}

function SetPassword({ email, onAgain, onDone }: SetPasswordProps) {
  const place = useFirstField<HTMLFormElement>();
  const note = useId();
  const [code, setCode] = useState("");
  const [password, setPassword] = useState("");
  const [refused, setRefused] = useState<string>();
  const [wrong, setWrong] = useState<{ code?: string; password?: string }>({});
  const act = useAct();
  const { fits, weakness } = strengthOf(password, [email], refused);
  const send = async () => {
    try {
      await rest("password.reset", { email, code, password });
      onDone();
    } catch (error) {
      const found = fieldErrors(error).password;
      if (found !== undefined) setRefused(password);
      const coded = error instanceof ApiError && ["code_wrong", "code_expired"].includes(error.code);
      setWrong({ password: found, code: coded ? codeProblem(error, t.errors.code_wrong) : undefined });
      if (found !== undefined) focusWrong(place.current);
      if (found === undefined && !coded) throw error;
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = {
      code: code.length === 6 ? undefined : t.auth.enterCode,
      password: fits ? undefined : t.auth.strengthNotes[weakness ?? "tooShort"],
    };
    setWrong(found);
    if (found.code === undefined && found.password === undefined) void act.run(send);
    else focusWrong(place.current);
  };
  const toPassword = () => place.current?.querySelector<HTMLInputElement>('[name="new-password"]')?.focus();
  return (
    <form className="auth-form" ref={place} onSubmit={submit} noValidate>
      <h2 className="auth-form__title">{t.auth.inboxTitle}</h2>
      <p className="auth-form__text">{t.auth.inboxText}</p>
      <CodeInput
        value={code}
        onChange={(value) => {
          setCode(value);
          setWrong((now) => ({ ...now, code: undefined }));
        }}
        onComplete={toPassword}
        error={wrong.code}
        aria-describedby={note}
      />
      <div id={note} className="auth-form__notes">
        {wrong.code !== undefined && (
          <AuthNote kind="bad" bare>
            {wrong.code}
          </AuthNote>
        )}
      </div>
      <NewPasswordField
        large
        label={t.auth.newPassword}
        value={password}
        onChange={(value) => {
          setPassword(value);
          setWrong((now) => ({ ...now, password: undefined }));
        }}
        own={[email]}
        refused={refused}
        error={wrong.password}
      />
      {act.error !== undefined && <Refused error={act.error} />}
      <Button kind={fits && code.length === 6 ? "primary" : "plain"} size="lg" block type="submit" busy={act.busy}>
        {t.auth.setPassword}
      </Button>
      <Resend resend={onAgain} />
      <div className="auth-form__links">
        <BackLink />
      </div>
    </form>
  );
}
