import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { Field } from "../../ui/Field.tsx";
import { TextInput } from "../../ui/TextInput.tsx";
import { useAct } from "./useAct.ts";
import { focusWrong, useFirstField } from "./useFirstField.ts";

export interface SecretFormProps {
  title: string;
  text: string;
  /** Of the field. */
  label: string;
  verb: string;
  /** What is said where nothing was entered. */
  missing: string;
  /** What is said about a refusal. */
  problemOf: (error: unknown) => string;
  onSecret: (secret: string) => Promise<void>;
  /** What is entered already. */
  start?: string;
  /** The ways elsewhere. */
  children: ReactNode;
}

/** A step that is one long code: nobody remembers it, and everybody pastes it. */
export function SecretForm(props: SecretFormProps) {
  const { title, text, label, verb, missing, problemOf, onSecret, start = "", children } = props;
  const place = useFirstField<HTMLFormElement>();
  const [secret, setSecret] = useState(start);
  const [empty, setEmpty] = useState(false);
  const act = useAct();
  const problem = act.error === undefined ? undefined : problemOf(act.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given = secret.trim();
    setEmpty(given === "");
    if (given === "") focusWrong(place.current);
    else void act.run(() => onSecret(given));
  };
  return (
    <form className="auth-form" ref={place} onSubmit={submit} noValidate>
      <h2 className="auth-form__title">{title}</h2>
      <p className="auth-form__text">{text}</p>
      <Field label={label} error={problem ?? (empty ? missing : undefined)}>
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
            value={secret}
            onChange={(event) => {
              setSecret(event.target.value);
              setEmpty(false);
              act.clear();
            }}
          />
        )}
      </Field>
      <Button kind="primary" size="lg" block type="submit" busy={act.busy}>
        {verb}
      </Button>
      <div className="auth-form__links">{children}</div>
    </form>
  );
}
