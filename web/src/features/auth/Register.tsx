import { Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../../api/errors.ts";
import { rest } from "../../api/rest.ts";
import type { PendingAccount } from "../../api/types.ts";
import { t } from "../../text/auth.ts";
import { Button } from "../../ui/Button.tsx";
import { AddressField } from "./AddressField.tsx";
import type { Given } from "./flow.ts";
import { NewPasswordField } from "./NewPasswordField.tsx";
import { Refused } from "./Refused.tsx";
import { strengthOf } from "./strength.ts";
import { UsernameField } from "./UsernameField.tsx";
import { useAct } from "./useAct.ts";
import { focusWrong, useFirstField } from "./useFirstField.ts";
import { type FieldErrors, fieldErrors, looksLikeEmail, looksLikeUsername } from "./words.ts";

interface Form {
  username: string;
  email: string;
  phone: string;
  password: string;
}

const EMPTY: Form = { username: "", email: "", phone: "", password: "" };

export function Register({ onAnswer }: { onAnswer: (answer: PendingAccount, given: Given) => void }) {
  const place = useFirstField<HTMLFormElement>(true);
  const [form, setForm] = useState(EMPTY);
  const [withPhone, setWithPhone] = useState(false);
  const [wrong, setWrong] = useState<FieldErrors>({});
  const [refused, setRefused] = useState<string>();
  const act = useAct();
  const set = (field: keyof Form, name: keyof FieldErrors) => (value: string) => {
    setForm((now) => ({ ...now, [field]: value }));
    setWrong((now) => ({ ...now, [name]: undefined }));
    act.clear();
  };
  const send = async () => {
    const { username, password } = form;
    const given = { email: form.email.trim() || undefined, phone: form.phone.trim() || undefined, password };
    try {
      const answer = await rest("account.register", {
        username,
        password,
        email: given.email,
        phoneNumber: given.phone,
      });
      onAnswer(answer, given);
    } catch (error) {
      const found = fieldErrors(error, username);
      if (error instanceof ApiError && error.at("password")?.includes("commonest")) setRefused(password);
      setWrong(found);
      focusWrong(place.current);
      if (Object.keys(found).length === 0) throw error;
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = lacking(form, refused);
    setWrong(found);
    if (Object.keys(found).length > 0) focusWrong(place.current);
    else void act.run(send);
  };
  return (
    <form className="auth-form" ref={place} onSubmit={submit} noValidate>
      <h2 className="auth-form__title">{t.auth.createTitle}</h2>
      <UsernameField value={form.username} onChange={set("username", "username")} error={wrong.username} />
      <AddressField kind="email" value={form.email} onChange={set("email", "email")} error={wrong.email} />
      {withPhone ? (
        <PhoneField value={form.phone} onChange={set("phone", "phoneNumber")} error={wrong.phoneNumber} />
      ) : (
        <Button kind="quiet" size="sm" icon={Plus} className="auth-form__add" onClick={() => setWithPhone(true)}>
          {t.auth.addPhone}
        </Button>
      )}
      <NewPasswordField
        label={t.auth.password}
        value={form.password}
        onChange={set("password", "password")}
        own={[form.username, form.email]}
        refused={refused}
        error={wrong.password}
      />
      {act.error !== undefined && <Refused error={act.error} />}
      <Button
        kind={Object.keys(lacking(form, refused)).length === 0 ? "primary" : "plain"}
        size="lg"
        block
        type="submit"
        busy={act.busy}
      >
        {t.auth.continue}
      </Button>
      <p className="auth-form__centre">
        {t.auth.haveAccount} <Link href="/">{t.auth.signIn}</Link>
      </p>
    </form>
  );
}

function PhoneField(props: { value: string; onChange: (value: string) => void; error: string | undefined }) {
  const place = useFirstField<HTMLDivElement>();
  return (
    <div ref={place}>
      <AddressField kind="sms" {...props} />
    </div>
  );
}

/** What a form lacks as far as one can tell here. */
function lacking({ username, email, phone, password }: Form, refused: string | undefined): FieldErrors {
  const found: FieldErrors = {};
  if (!looksLikeUsername(username)) found.username = t.auth.usernameForm;
  if (email.trim() === "" && phone.trim() === "") found.email = t.auth.emailForm;
  else if (email.trim() !== "" && !looksLikeEmail(email)) found.email = t.auth.emailForm;
  const { fits, weakness } = strengthOf(password, [username, email], refused);
  if (!fits) found.password = t.auth.strengthNotes[weakness ?? "tooShort"];
  return found;
}
