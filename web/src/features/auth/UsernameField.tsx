import { Check } from "lucide-react";
import { t } from "../../text/auth.ts";
import { Chip } from "../../ui/Chip.tsx";
import { Field } from "../../ui/Field.tsx";
import { TextInput } from "../../ui/TextInput.tsx";
import "./fields.css";
import { useUsername } from "./useUsername.ts";

const MOST = 20;

export interface UsernameFieldProps {
  /** Without the leading @. */
  value: string;
  onChange: (value: string) => void;
  /** What the form found when it was sent. */
  error?: string;
}

/** A username, looked up while it is typed, with free ones to choose from when it can't be had. */
export function UsernameField({ value, onChange, error }: UsernameFieldProps) {
  const state = useUsername(value);
  const bad = state.is === "bad" ? state : undefined;
  return (
    <div className="field-group">
      <Field
        label={t.auth.username}
        error={error ?? bad?.sentence}
        good={state.is === "free" ? t.auth.usernameFree(value) : undefined}
      >
        {({ id, describedBy, invalid }) => (
          <TextInput
            id={id}
            name="username"
            dir="ltr"
            className="auth-form__username"
            aria-describedby={describedBy}
            aria-invalid={invalid}
            autoComplete="username"
            autoCapitalize="off"
            spellCheck={false}
            maxLength={MOST + 1}
            value={value}
            onChange={(event) => onChange(event.target.value.replace(/^@/, "").trim())}
            trailing={
              state.is === "free" ? (
                <Check className="auth-form__free" />
              ) : (
                value !== "" && (
                  <span className="auth-form__count" aria-hidden="true">
                    {t.auth.usernameCount(value.length, MOST)}
                  </span>
                )
              )
            }
          />
        )}
      </Field>
      {bad !== undefined && bad.suggestions.length > 0 && (
        <ul className="auth-form__chips" aria-label={t.auth.suggestions}>
          {bad.suggestions.map((name) => (
            <li key={name}>
              <Chip kind="accent" label={t.auth.takeUsername(name)} onClick={() => onChange(name.replace(/^@/, ""))}>
                {name}
              </Chip>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
