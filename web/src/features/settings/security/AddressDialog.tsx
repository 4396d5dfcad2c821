import { useState } from "react";
import { useEngine } from "../../../session/session.ts";
import { t } from "../../../text/auth.ts";
import { Button } from "../../../ui/Button.tsx";
import { Dialog } from "../../../ui/Dialog.tsx";
import { toast } from "../../../ui/toast.tsx";
import { AddressField } from "../../auth/AddressField.tsx";
import { AuthNote } from "../../auth/AuthNote.tsx";
import { CodeField } from "../../auth/CodeStep.tsx";
import type { Channel } from "../../auth/flow.ts";
import { useAct } from "../../auth/useAct.ts";
import { SentTo } from "../../auth/Verify.tsx";
import { fieldErrors, looksLikeEmail } from "../../auth/words.ts";
import { FormDialog } from "./FormDialog.tsx";
import { OwnPasswordField } from "./ProofDialog.tsx";
import { otherProblem, passwordProblem, wantsPassword } from "./proof.ts";

export interface AddressDialogProps {
  kind: Channel;
  /** There is none yet. */
  adding: boolean;
  onClose: () => void;
}

/** A new address, which counts once the code that goes there is entered. */
export function AddressDialog({ kind, adding, onClose }: AddressDialogProps) {
  const [sentTo, setSentTo] = useState<string>();
  if (sentTo !== undefined) return <ConfirmDialog kind={kind} address={sentTo} onClose={onClose} />;
  return <NewAddressDialog kind={kind} adding={adding} onClose={onClose} onSent={setSentTo} />;
}

function NewAddressDialog({
  kind,
  adding,
  onClose,
  onSent,
}: AddressDialogProps & { onSent: (address: string) => void }) {
  const engine = useEngine();
  const email = kind === "email";
  const [address, setAddress] = useState("");
  const [password, setPassword] = useState("");
  const [asked, setAsked] = useState(false);
  const [odd, setOdd] = useState(false);
  const act = useAct();
  const form = email ? t.auth.emailForm : t.auth.phoneForm;
  const found = fieldErrors(act.error);
  const problem = (email ? found.email : found.phoneNumber) ?? (odd ? form : undefined);
  const proof = password === "" && wantsPassword(act.error) ? undefined : passwordProblem(act.error);
  const send = () => {
    const to = address.trim();
    const wrong = email ? !looksLikeEmail(to) : to === "";
    setOdd(wrong);
    if (wrong) return;
    void act.run(async () => {
      try {
        await engine.call("user.update", {
          ...(email ? { email: to } : { phoneNumber: to }),
          password: password || undefined,
        });
        onSent(to);
      } catch (error) {
        if (wantsPassword(error)) setAsked(true);
        throw error;
      }
    });
  };
  const words = t.auth.security;
  const other = problem === undefined && proof === undefined && !wantsPassword(act.error);
  return (
    <FormDialog
      title={adding ? (email ? words.addEmail : words.addPhone) : email ? words.changeEmail : words.changePhone}
      text={email ? words.changeEmailText : words.changePhoneText}
      verb={t.auth.sendCode}
      busy={act.busy}
      onClose={onClose}
      onSubmit={send}
    >
      <AddressField
        kind={kind}
        label={email ? t.auth.newEmail : t.auth.newPhone}
        value={address}
        error={problem}
        onChange={(value) => {
          setAddress(value);
          setOdd(false);
          act.clear();
        }}
      />
      {asked && (
        <>
          <p className="security__text">{words.proofText}</p>
          <OwnPasswordField
            value={password}
            error={proof}
            onChange={(value) => {
              setPassword(value);
              act.clear();
            }}
          />
        </>
      )}
      {act.error !== undefined && other && <AuthNote kind="bad">{otherProblem(act.error)}</AuthNote>}
    </FormDialog>
  );
}

function ConfirmDialog({ kind, address, onClose }: Omit<AddressDialogProps, "adding"> & { address: string }) {
  const engine = useEngine();
  const email = kind === "email";
  const words = t.auth.security;
  const confirm = async (code: string) => {
    await engine.call(email ? "account.verify_email" : "account.verify_phone", { userId: engine.userId, code });
    await engine.call("user.me", {});
    toast(email ? words.emailChanged : words.phoneChanged);
    onClose();
  };
  const resend = async () => {
    await engine.call("account.resend_code", { userId: engine.userId, purpose: email ? "email" : "phone" });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={email ? t.auth.checkEmail : t.auth.checkPhone}
      description={<SentTo address={address} email={email} />}
      footer={<Button onClick={onClose}>{t.common.cancel}</Button>}
    >
      <CodeField wrong={email ? t.errors.code_wrong : t.auth.smsWrong} onCode={confirm} resend={resend} />
    </Dialog>
  );
}
