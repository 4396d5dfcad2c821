import { useState } from "react";
import { t } from "../../text/auth.ts";
import { Field } from "../../ui/Field.tsx";
import { TextInput } from "../../ui/TextInput.tsx";
import type { Channel } from "./flow.ts";
import { looksLikeEmail } from "./words.ts";

export interface AddressFieldProps {
  kind: Channel;
  label?: string;
  value: string;
  onChange: (value: string) => void;
  error?: string;
  large?: boolean;
}

/** An e-mail address or a phone number; looked at when it is left. */
export function AddressField({ kind, label, value, onChange, error, large }: AddressFieldProps) {
  const [left, setLeft] = useState(false);
  const email = kind === "email";
  const odd = left && email && value.trim() !== "" && !looksLikeEmail(value) ? t.auth.emailForm : undefined;
  return (
    <Field
      label={label ?? (email ? t.auth.email : t.auth.phone)}
      hint={email ? undefined : t.auth.phoneHint}
      error={error ?? odd}
    >
      {({ id, describedBy, invalid }) => (
        <TextInput
          large={large}
          id={id}
          type={email ? "email" : "tel"}
          name={email ? "email" : "tel"}
          dir="ltr"
          aria-describedby={describedBy}
          aria-invalid={invalid}
          autoComplete={email ? "email" : "tel"}
          value={value}
          onFocus={() => setLeft(false)}
          onBlur={() => setLeft(true)}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
