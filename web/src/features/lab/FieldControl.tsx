import { useId } from "react";
import { t } from "../../text/developer.ts";
import { cx } from "../../ui/cx.ts";
import { InRow } from "../../ui/SettingRow.tsx";
import { Switch } from "../../ui/Switch.tsx";
import { TextArea } from "../../ui/TextArea.tsx";
import { TextInput } from "../../ui/TextInput.tsx";
import type { FormField, Values } from "./form.ts";
import type { Known } from "./ids.ts";
import "./FieldControl.css";

export type Value = Values[string] | undefined;

export interface FieldControlProps {
  field: FormField;
  value: Value;
  onChange: (value: Value) => void;
  /** What was seen and would fit. */
  known: readonly Known[];
  error: string | undefined;
}

/** The name of a field, and the control that fits its schema. */
export function FieldControl(props: FieldControlProps) {
  const { field, value, onChange, error } = props;
  const id = useId();
  const isNull = value === null;
  return (
    <div className="lab-field">
      <label htmlFor={id} className={cx("lab-field__name", field.required && "lab-field__name--required")}>
        {field.name}
      </label>
      <div className="lab-field__control">
        <Control {...props} id={id} />
        {field.nullable && (
          <button
            type="button"
            className={cx("lab-field__null", isNull && "lab-field__null--on")}
            aria-pressed={isNull}
            aria-label={t.developer.giveNull(field.name)}
            onClick={() => onChange(isNull ? undefined : null)}
          >
            {t.developer.nullWord}
          </button>
        )}
      </div>
      {error && (
        <p className="lab-field__error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

function Control({ field, value, onChange, known, error, id }: FieldControlProps & { id: string }) {
  const common = {
    id,
    disabled: value === null,
    "aria-invalid": error ? true : undefined,
    "aria-describedby": error ? `${id}-error` : undefined,
    "aria-required": field.required || undefined,
  };
  const text = typeof value === "string" ? value : "";
  switch (field.kind) {
    case "switch":
      return (
        <InRow value={true}>
          <Switch
            label={field.name}
            checked={typeof value === "boolean" ? value : field.default === true}
            onChange={onChange}
            disabled={value === null}
          />
        </InRow>
      );
    case "choice":
      return (
        <select
          {...common}
          className="lab-field__select"
          value={text}
          onChange={(event) => onChange(event.target.value)}
        >
          <option value="">{placeholder(field)}</option>
          {field.options.filter(Boolean).map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      );
    case "json":
      return (
        <TextArea
          {...common}
          className="lab-field__input"
          dir="ltr"
          spellCheck={false}
          placeholder={placeholder(field)}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    default:
      return (
        <>
          <TextInput
            {...common}
            className="lab-field__input"
            type={field.secret ? "password" : "text"}
            inputMode={field.kind === "number" ? "numeric" : undefined}
            autoComplete={field.secret ? "new-password" : "off"}
            spellCheck={false}
            list={known.length > 0 ? `${id}-known` : undefined}
            placeholder={value === null ? t.developer.nullWord : placeholder(field)}
            value={text}
            onChange={(event) => onChange(event.target.value)}
          />
          {known.length > 0 && (
            <datalist id={`${id}-known`}>
              {known.map((each) => (
                <option key={each.id} value={each.id}>
                  {each.label}
                </option>
              ))}
            </datalist>
          )}
        </>
      );
  }
}

function placeholder({ fresh, required, default: value }: FormField): string {
  if (fresh && required) return t.developer.newEachTime;
  if (value !== undefined && value !== null)
    return t.developer.asDefault(typeof value === "string" ? value : JSON.stringify(value));
  return required ? "" : t.developer.none;
}
