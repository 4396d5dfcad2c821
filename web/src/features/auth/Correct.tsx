import { type FormEvent, useState } from "react";
import { rest } from "../../api/rest.ts";
import type { AccountChangeUnconfirmedParams, Session } from "../../api/types.ts";
import { t } from "../../text/auth.ts";
import { Button } from "../../ui/Button.tsx";
import { Field } from "../../ui/Field.tsx";
import { PasswordInput } from "../../ui/PasswordInput.tsx";
import { AddressField } from "./AddressField.tsx";
import { AuthNote } from "./AuthNote.tsx";
import { CodeStep } from "./CodeStep.tsx";
import { type Answer, type Asked, type Correction, mayDrop, needsPassword, type Pending } from "./flow.ts";
import { TextButton } from "./TextButton.tsx";
import { useAct } from "./useAct.ts";
import { focusWrong, useFirstField } from "./useFirstField.ts";
import { codeProblem, fieldErrors, looksLikeEmail } from "./words.ts";

export interface CorrectProps {
  pending: Pending;
  asked: Asked | undefined;
  begin: (session: Session) => Promise<void>;
  onAnswer: (answer: Answer, to: Correction) => void;
  onBack: () => void;
}

/** Another address in place of the mistyped one that waits for its code; or none. */
export function Correct({ pending, asked, begin, onAnswer, onBack }: CorrectProps) {
  const change = async (to: Correction) => {
    const answer = await rest("account.change_unconfirmed", paramsOf(pending, to));
    if ("accessToken" in answer) await begin(answer);
    else onAnswer(answer, to);
  };
  if (asked !== undefined) {
    const mailed = asked.via === "email";
    return (
      <CodeStep
        title={mailed ? t.auth.checkEmail : t.auth.checkPhone}
        text={mailed ? t.auth.correctCodeEmail : t.auth.correctCodePhone}
        wrong={mailed ? t.errors.code_wrong : t.auth.smsWrong}
        onCode={(code) => change({ address: asked.address, code })}
      >
        <TextButton onClick={onBack}>{t.common.back}</TextButton>
      </CodeStep>
    );
  }
  return <CorrectForm pending={pending} onBack={onBack} onChange={change} />;
}

interface CorrectFormProps {
  pending: Pending;
  onBack: () => void;
  onChange: (to: Correction) => Promise<void>;
}

function CorrectForm({ pending, onBack, onChange }: CorrectFormProps) {
  const place = useFirstField<HTMLFormElement>();
  const { via, proved } = pending;
  const [address, setAddress] = useState("");
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState<string>();
  const act = useAct();
  const email = via === "email";
  const askPassword = needsPassword(pending);
  const send = (to: string | null) =>
    act.run(async () => {
      const proof = proved === "code" ? { password: pending.password ?? password } : {};
      try {
        await onChange({ address: to, ...proof });
      } catch (error) {
        const found = fieldErrors(error);
        const sentence = email ? found.email : (found.phoneNumber ?? found.email);
        setWrong(sentence);
        focusWrong(place.current);
        if (sentence === undefined) throw error;
      }
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const odd = email ? !looksLikeEmail(address) : address.trim() === "";
    setWrong(odd ? (email ? t.auth.emailForm : t.auth.phoneForm) : undefined);
    if (odd) focusWrong(place.current);
    else void send(address.trim());
  };
  return (
    <form className="auth-form" ref={place} onSubmit={submit} noValidate>
      <h2 className="auth-form__title">{email ? t.auth.correctEmail : t.auth.correctPhone}</h2>
      <p className="auth-form__text">{t.auth.correctText}</p>
      <AddressField
        large
        kind={via}
        label={email ? t.auth.newEmail : t.auth.newPhone}
        value={address}
        onChange={(value) => {
          setAddress(value);
          setWrong(undefined);
        }}
        error={wrong}
      />
      {askPassword && (
        <Field label={t.auth.password}>
          {({ id }) => (
            <PasswordInput large id={id} value={password} onChange={(event) => setPassword(event.target.value)} />
          )}
        </Field>
      )}
      {act.error !== undefined && (
        <AuthNote kind="bad">
          {codeProblem(act.error, askPassword ? t.auth.security.passwordWrong : t.auth.beginAgain)}
        </AuthNote>
      )}
      <Button kind="primary" size="lg" block type="submit" busy={act.busy}>
        {t.auth.sendCode}
      </Button>
      {mayDrop(pending) && (
        <Button size="lg" block onClick={() => void send(null)}>
          {t.auth.withoutPhone}
        </Button>
      )}
      <div className="auth-form__links">
        <TextButton onClick={onBack}>{t.common.back}</TextButton>
      </div>
    </form>
  );
}

function paramsOf({ via, proof }: Pending, { address, password, code }: Correction): AccountChangeUnconfirmedParams {
  const changed = via === "email" ? { email: address } : { phoneNumber: address };
  return { proof: proof ?? "", ...changed, password, code };
}
