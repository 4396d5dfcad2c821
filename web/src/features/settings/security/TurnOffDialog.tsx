import { useState } from "react";
import { ApiError } from "../../../api/errors.ts";
import { useEngine } from "../../../session/session.ts";
import { t } from "../../../text/auth.ts";
import { Field } from "../../../ui/Field.tsx";
import { TextInput } from "../../../ui/TextInput.tsx";
import { toast } from "../../../ui/toast.tsx";
import { AuthNote } from "../../auth/AuthNote.tsx";
import { useAct } from "../../auth/useAct.ts";
import { FormDialog } from "./FormDialog.tsx";
import { OwnPasswordField } from "./ProofDialog.tsx";
import { otherProblem, passwordProblem } from "./proof.ts";

/** Switches two-step sign-in off: by the password, and by a code of either kind. */
export function TurnOffDialog({ onClose }: { onClose: () => void }) {
  const engine = useEngine();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [odd, setOdd] = useState(false);
  const act = useAct();
  const words = t.auth.security;
  const turnOff = async () => {
    const typed = code.trim();
    const digits = /^\d{6}$/.test(typed);
    const wrong = !digits && typed.length < 10;
    setOdd(wrong);
    if (wrong) return;
    const done = await act.run(async () => {
      const proof = digits ? { code: typed } : { recoveryCode: typed };
      await engine.call("two_factor.disable", { password: password || undefined, ...proof });
      await engine.call("user.me", {});
    });
    if (!done) return;
    toast(words.turnedOff);
    onClose();
  };
  // Which of the two is wrong says the sentence of the server alone.
  const codeWrong = act.error instanceof ApiError && /code is wrong/i.test(act.error.message);
  const passwordWrong = codeWrong ? undefined : passwordProblem(act.error);
  const codeProblem = codeWrong ? t.auth.recoveryWrong : undefined;
  return (
    <FormDialog
      title={words.turnOffTitle}
      text={words.turnOffText}
      verb={words.turnOff}
      danger
      busy={act.busy}
      onClose={onClose}
      onSubmit={() => void turnOff()}
    >
      <OwnPasswordField
        value={password}
        error={passwordWrong}
        onChange={(value) => {
          setPassword(value);
          act.clear();
        }}
      />
      <Field label={words.appCode} error={codeProblem ?? (odd ? words.appCodeForm : undefined)}>
        {({ id, describedBy, invalid }) => (
          <TextInput
            id={id}
            dir="ltr"
            autoComplete="one-time-code"
            autoCapitalize="off"
            spellCheck={false}
            maxLength={32}
            aria-describedby={describedBy}
            aria-invalid={invalid}
            value={code}
            onChange={(event) => {
              setCode(event.target.value);
              setOdd(false);
              act.clear();
            }}
          />
        )}
      </Field>
      {act.error !== undefined && !codeWrong && passwordWrong === undefined && (
        <AuthNote kind="bad">{otherProblem(act.error)}</AuthNote>
      )}
    </FormDialog>
  );
}
