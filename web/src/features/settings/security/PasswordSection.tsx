import { KeyRound } from "lucide-react";
import { useState } from "react";
import { useEngine } from "../../../session/session.ts";
import { t } from "../../../text/auth.ts";
import { Button } from "../../../ui/Button.tsx";
import { Card } from "../../../ui/Card.tsx";
import { toast } from "../../../ui/toast.tsx";
import { AuthNote } from "../../auth/AuthNote.tsx";
import { NewPasswordField } from "../../auth/NewPasswordField.tsx";
import { strengthOf } from "../../auth/strength.ts";
import { useAct } from "../../auth/useAct.ts";
import { fieldErrors } from "../../auth/words.ts";
import { Section } from "../../profile/Page.tsx";
import { useMe } from "../../profile/useMe.ts";
import { FormDialog } from "./FormDialog.tsx";
import { IconRow } from "./IconRow.tsx";
import { OwnPasswordField } from "./ProofDialog.tsx";
import { otherProblem, passwordProblem } from "./proof.ts";

export function PasswordSection() {
  const [open, setOpen] = useState(false);
  const words = t.auth.security;
  return (
    <Section title={words.password}>
      <Card>
        <IconRow
          icon={KeyRound}
          title={words.password}
          text={words.passwordText}
          control={
            <Button size="sm" onClick={() => setOpen(true)} aria-label={words.changePassword}>
              {words.change}
            </Button>
          }
        />
      </Card>
      {open && <PasswordDialog onClose={() => setOpen(false)} />}
    </Section>
  );
}

function PasswordDialog({ onClose }: { onClose: () => void }) {
  const engine = useEngine();
  const me = useMe();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [refused, setRefused] = useState<string>();
  const [tried, setTried] = useState(false);
  const act = useAct();
  const own = [me?.username ?? "", me?.email ?? ""];
  const { fits, weakness } = strengthOf(password, own, refused);
  const newProblem = fieldErrors(act.error).password;
  const currentProblem = newProblem === undefined ? passwordProblem(act.error, "current") : undefined;
  const change = async () => {
    setTried(true);
    if (!fits) return;
    const done = await act.run(async () => {
      try {
        await engine.call("password.change", { current: current || undefined, password });
      } catch (error) {
        if (fieldErrors(error).password !== undefined) setRefused(password);
        throw error;
      }
    });
    if (!done) return;
    toast(t.auth.security.passwordChanged);
    onClose();
  };
  return (
    <FormDialog
      title={t.auth.security.changePassword}
      text={t.auth.security.passwordText}
      verb={t.auth.security.changePassword}
      busy={act.busy}
      onClose={onClose}
      onSubmit={() => void change()}
    >
      <OwnPasswordField
        label={t.auth.security.currentPassword}
        value={current}
        error={currentProblem}
        onChange={(value) => {
          setCurrent(value);
          act.clear();
        }}
      />
      <NewPasswordField
        label={t.auth.newPassword}
        value={password}
        own={own}
        refused={refused}
        error={newProblem ?? (tried && !fits ? t.auth.strengthNotes[weakness ?? "tooShort"] : undefined)}
        onChange={(value) => {
          setPassword(value);
          setTried(false);
          act.clear();
        }}
      />
      {act.error !== undefined && newProblem === undefined && currentProblem === undefined && (
        <AuthNote kind="bad">{otherProblem(act.error)}</AuthNote>
      )}
    </FormDialog>
  );
}
