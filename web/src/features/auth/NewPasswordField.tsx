import { useId } from "react";
import { t } from "../../text/auth.ts";
import { cx } from "../../ui/cx.ts";
import { Field } from "../../ui/Field.tsx";
import { PasswordInput } from "../../ui/PasswordInput.tsx";
import { type Strength, strengthOf } from "./strength.ts";
import "./fields.css";

export interface NewPasswordFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Names and addresses that it must not be. */
  own?: readonly string[];
  /** The last one that the server did not take. */
  refused?: string;
  error?: string;
  large?: boolean;
}

/** A password that is to be: with what it lacks, while it is typed. */
export function NewPasswordField({ label, value, onChange, own, refused, error, large }: NewPasswordFieldProps) {
  const meterNote = useId();
  const strength = strengthOf(value, own, refused);
  return (
    <div className="field-group">
      <Field label={label} error={error}>
        {({ id, describedBy, invalid }) => (
          <PasswordInput
            large={large}
            id={id}
            name="new-password"
            aria-describedby={cx(describedBy, meterNote)}
            aria-invalid={invalid}
            autoComplete="new-password"
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
        )}
      </Field>
      <StrengthBar strength={strength} />
      <p className="strength__note" id={meterNote}>
        {error === undefined && strength.weakness !== undefined && t.auth.strengthNotes[strength.weakness]}
      </p>
    </div>
  );
}

const BARS = [1, 2, 3, 4];

function StrengthBar({ strength: { bars, weakness } }: { strength: Strength }) {
  if (bars === 0) return null;
  const word = weakness === undefined ? t.auth.strong : t.auth.strengthWords[weakness];
  return (
    <div className={cx("strength", bars === 1 && "strength--bad")}>
      <meter
        className="visually-hidden"
        min={0}
        max={4}
        value={bars}
        aria-label={t.auth.strength}
        aria-valuetext={word}
      />
      {BARS.map((bar) => (
        <i key={bar} className={cx("strength__bar", bar <= bars && "strength__bar--on")} />
      ))}
      <span className="strength__word" aria-live="polite">
        {word}
      </span>
    </div>
  );
}
