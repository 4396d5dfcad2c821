import { type ComponentProps, useEffect, useRef, useState } from "react";
import { t } from "../text/index.ts";
import "./CodeInput.css";
import { cx } from "./cx.ts";

const LENGTH = 6;
const PLACES = [0, 1, 2, 3, 4, 5];

export interface CodeInputProps extends Omit<ComponentProps<"input">, "value" | "onChange"> {
  value: string;
  onChange: (value: string) => void;
  /** The sixth digit is there. */
  onComplete: (code: string) => void;
  error?: boolean | string;
  busy?: boolean;
}

/** Six boxes over one real field, so that paste, filling in by the system and screen readers work as everywhere. */
export function CodeInput({ value, onChange, onComplete, error, busy = false, ...rest }: CodeInputProps) {
  const field = useRef<HTMLInputElement>(null);
  const [focused, setFocused] = useState(false);
  useEffect(() => {
    if (!error) return;
    field.current?.focus();
    field.current?.select();
  }, [error]);
  const change = (text: string) => {
    const digits = text.replace(/\D/g, "").slice(0, LENGTH);
    onChange(digits);
    if (digits.length === LENGTH && digits !== value) onComplete(digits);
  };
  const current = Math.min(value.length, LENGTH - 1);
  return (
    <div className={cx("code-input", error && "code-input--bad", busy && "code-input--busy")}>
      <input
        aria-label={t.common.code}
        aria-invalid={error ? true : undefined}
        inputMode="numeric"
        autoComplete="one-time-code"
        {...rest}
        ref={field}
        dir="ltr"
        readOnly={busy}
        value={value}
        onChange={(event) => change(event.target.value)}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
      />
      {PLACES.map((place) => (
        <span
          key={place}
          aria-hidden="true"
          className={cx("code-input__box", focused && place === current && "code-input__box--current")}
        >
          {value[place]}
        </span>
      ))}
    </div>
  );
}
