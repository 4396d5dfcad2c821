import { useState } from "react";
import { t } from "../../../text/auth.ts";
import { Field } from "../../../ui/Field.tsx";
import { PasswordInput } from "../../../ui/PasswordInput.tsx";
import { AuthNote } from "../../auth/AuthNote.tsx";
import { useAct } from "../../auth/useAct.ts";
import { FormDialog } from "./FormDialog.tsx";
import { otherProblem, passwordProblem } from "./proof.ts";

export interface ProofDialogProps {
  title: string;
  text: string;
  verb: string;
  danger?: boolean;
  onClose: () => void;
  /** Does it, with the password if one was given; it closes when that went well. */
  onProved: (password: string | undefined) => Promise<void>;
}

/** Asks for the password before something that only the owner of the account may do. */
export function ProofDialog({ title, text, verb, danger, onClose, onProved }: ProofDialogProps) {
  const [password, setPassword] = useState("");
  const act = useAct();
  const problem = passwordProblem(act.error);
  const prove = async () => {
    if (await act.run(() => onProved(password || undefined))) onClose();
  };
  return (
    <FormDialog
      title={title}
      text={text}
      verb={verb}
      danger={danger}
      busy={act.busy}
      onClose={onClose}
      onSubmit={() => void prove()}
    >
      <OwnPasswordField
        value={password}
        error={problem}
        onChange={(value) => {
          setPassword(value);
          act.clear();
        }}
      />
      {act.error !== undefined && problem === undefined && <AuthNote kind="bad">{otherProblem(act.error)}</AuthNote>}
    </FormDialog>
  );
}

export interface OwnPasswordFieldProps {
  label?: string;
  value: string;
  onChange: (value: string) => void;
  error: string | undefined;
}

/** The password of now. Accounts of a provider have none. */
export function OwnPasswordField({ label = t.auth.password, value, onChange, error }: OwnPasswordFieldProps) {
  return (
    <Field label={label} error={error}>
      {({ id, describedBy, invalid }) => (
        <PasswordInput
          id={id}
          aria-describedby={describedBy}
          aria-invalid={invalid}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
