import { rest } from "../../api/rest.ts";
import type { PendingAccount, Session } from "../../api/types.ts";
import { t } from "../../text/auth.ts";
import { CodeStep } from "./CodeStep.tsx";
import type { Pending } from "./flow.ts";
import { TextButton } from "./TextButton.tsx";

export interface VerifyProps {
  pending: Pending;
  begin: (session: Session) => Promise<void>;
  onConfirmed: (answer: PendingAccount) => void;
  onMistyped: () => void;
  onBack: () => void;
}

/** The code that shows that an address is one's own. */
export function Verify({ pending, begin, onConfirmed, onMistyped, onBack }: VerifyProps) {
  const { userId, via, proof } = pending;
  const email = via === "email";
  const confirm = async (code: string) => {
    const answer = await rest(email ? "account.verify_email" : "account.verify_phone", { userId, code });
    if ("accessToken" in answer) await begin(answer);
    else onConfirmed(answer);
  };
  const resend = async () => {
    await rest("account.resend_code", { userId, purpose: email ? "email" : "phone" });
  };
  return (
    <CodeStep
      title={email ? t.auth.checkEmail : t.auth.checkPhone}
      text={<SentTo address={pending.addresses[via]} email={email} />}
      wrong={email ? t.errors.code_wrong : t.auth.smsWrong}
      onCode={confirm}
      resend={resend}
    >
      {proof !== undefined && (
        <TextButton onClick={onMistyped}>{email ? t.auth.anotherEmail : t.auth.anotherPhone}</TextButton>
      )}
      <TextButton onClick={onBack}>{t.auth.backToSignIn}</TextButton>
    </CodeStep>
  );
}

/** Where the code went: in full where it was typed here, so that a slip is seen. */
export function SentTo({ address, email }: { address: string | undefined; email: boolean }) {
  return (
    <>
      {address === undefined ? (
        email ? (
          t.auth.sentEmail
        ) : (
          t.auth.sentSms
        )
      ) : (
        <>
          {t.auth.sentTo} <bdi dir="ltr">{address}</bdi>.
        </>
      )}{" "}
      {t.auth.lasts}
    </>
  );
}
