import { useId, useState } from "react";
import { ApiError } from "../../api/errors.ts";
import type { UserUpdateParams } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/people.ts";
import { refusal } from "../../text/refusal.ts";
import { Button } from "../../ui/Button.tsx";
import { Field } from "../../ui/Field.tsx";
import { TextInput } from "../../ui/TextInput.tsx";
import { useInlineEdit } from "../../ui/useInlineEdit.ts";
import { lengthOf, MOST, nameProblem } from "./names.ts";

export type NameKey = "displayName" | "firstName" | "lastName";

export interface EditFormProps {
  fields: readonly { key: NameKey; label: string; value: string }[];
  hint?: string;
  /** Saved, or left as it was. */
  onDone: () => void;
}

/** Fields in place of a row. Enter saves, Esc leaves it as it was. */
export function EditForm({ fields, hint, onDone }: EditFormProps) {
  const engine = useEngine();
  const noteId = useId();
  const [values, setValues] = useState(() => new Map(fields.map(({ key, value }) => [key, value])));
  const save = async () => {
    if ([...values.values()].some((value) => nameProblem(value) !== undefined)) return "faulty";
    const change: UserUpdateParams = {};
    for (const { key, value } of fields) if (values.get(key) !== value) change[key] = values.get(key)?.trim();
    if (Object.keys(change).length > 0) await engine.call("user.update", change);
    return undefined;
  };
  const { busy, refused, forgive, onSubmit, onKeyDown } = useInlineEdit(save, onDone);
  const general = refused !== undefined && !fields.some(({ key }) => fieldError(refused, key));
  return (
    <form
      className="edit-form"
      onSubmit={onSubmit}
      onKeyDown={onKeyDown}
      aria-describedby={general ? noteId : undefined}
    >
      <div className="edit-form__fields">
        {fields.map(({ key, label }, index) => (
          <NameField
            key={key}
            label={label}
            first={index === 0}
            hint={hint}
            refused={fieldError(refused, key)}
            value={values.get(key) ?? ""}
            onChange={(value) => {
              forgive();
              setValues((before) => new Map(before).set(key, value));
            }}
          />
        ))}
      </div>
      <div className="edit-form__buttons">
        <Button onClick={onDone}>{t.common.cancel}</Button>
        <Button kind="primary" type="submit" busy={busy}>
          {t.common.save}
        </Button>
      </div>
      {general && (
        <p className="edit-form__refused" id={noteId} role="alert">
          {refusal(refused)}
        </p>
      )}
    </form>
  );
}

function fieldError(error: unknown, key: NameKey): boolean {
  return error instanceof ApiError && error.at(key) !== undefined;
}

interface NameFieldProps {
  label: string;
  first: boolean;
  hint: string | undefined;
  /** The server did not take it. */
  refused: boolean;
  value: string;
  onChange: (value: string) => void;
}

function NameField({ label, first, hint, refused, value, onChange }: NameFieldProps) {
  const used = lengthOf(value);
  return (
    <Field label={label} hint={hint} error={problemText(value, refused)}>
      {({ id, describedBy, invalid }) => (
        <TextInput
          id={id}
          autoFocus={first}
          autoComplete="off"
          value={value}
          onChange={(event) => onChange(event.target.value)}
          aria-describedby={describedBy}
          aria-invalid={invalid}
          trailing={
            <bdi dir="ltr" className="edit-form__count" title={t.people.lettersUsed(used, MOST)}>
              {t.people.letters(used, MOST)}
            </bdi>
          }
        />
      )}
    </Field>
  );
}

function problemText(value: string, refused: boolean): string | undefined {
  const problem = nameProblem(value) ?? (refused ? "strange" : undefined);
  if (problem === undefined) return undefined;
  return problem === "long" ? t.people.tooLong(MOST) : t.people.badName;
}
