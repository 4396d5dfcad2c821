import { ApiError } from "../../api/errors.ts";
import { t } from "../../text/groups.ts";
import { Field } from "../../ui/Field.tsx";
import { TextArea } from "../../ui/TextArea.tsx";
import { TextInput } from "../../ui/TextInput.tsx";
import { lengthOf } from "../profile/names.ts";
import "./GroupFields.css";
import { descriptionError, MOST_NAME, nameError } from "./groupName.ts";

export interface GroupWords {
  name: string;
  description: string;
}

export interface GroupFieldsProps {
  words: GroupWords;
  onChange: (words: GroupWords) => void;
  /** Somebody wants to go on without a name. */
  missing: boolean;
  /** What the server said. */
  refused: unknown;
}

/** What a group is called, and what it is about. */
export function GroupFields({ words, onChange, missing, refused }: GroupFieldsProps) {
  const { name, description } = words;
  const nothing = missing && name.trim() === "" ? t.groups.nameMissing : undefined;
  return (
    <>
      <Field label={t.groups.name} error={nothing ?? nameError(name, isRefused(refused, "name"))}>
        {({ id, describedBy, invalid }) => (
          <TextInput
            id={id}
            autoFocus
            autoComplete="off"
            value={name}
            onChange={(event) => onChange({ ...words, name: event.target.value })}
            aria-describedby={describedBy}
            aria-invalid={invalid}
            trailing={<Letters text={name} most={MOST_NAME} />}
          />
        )}
      </Field>
      <Field label={t.groups.description} error={descriptionError(description, isRefused(refused, "description"))}>
        {({ id, describedBy, invalid }) => (
          <TextArea
            id={id}
            value={description}
            onChange={(event) => onChange({ ...words, description: event.target.value })}
            aria-describedby={describedBy}
            aria-invalid={invalid}
          />
        )}
      </Field>
    </>
  );
}

function Letters({ text, most }: { text: string; most: number }) {
  const used = lengthOf(text);
  return (
    <bdi dir="ltr" className="group-fields__letters" title={t.people.lettersUsed(used, most)}>
      {t.people.letters(used, most)}
    </bdi>
  );
}

function isRefused(error: unknown, field: keyof GroupWords): boolean {
  return error instanceof ApiError && error.at(field) !== undefined;
}

/** Whether a field says what was refused. */
export function isAtField(error: unknown): boolean {
  return isRefused(error, "name") || isRefused(error, "description");
}

/** Whether a group may be called so, as far as that is known here. */
export function fits({ name, description }: GroupWords): boolean {
  return name.trim() !== "" && nameError(name) === undefined && descriptionError(description) === undefined;
}
