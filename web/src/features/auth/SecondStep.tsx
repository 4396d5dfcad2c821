import { type ReactNode, useState } from "react";
import { ApiError } from "../../api/errors.ts";
import { rest } from "../../api/rest.ts";
import type { Session } from "../../api/types.ts";
import { t } from "../../text/auth.ts";
import { CodeStep } from "./CodeStep.tsx";
import { type Answer, type Challenge, type Given, type Method, otherMethods } from "./flow.ts";
import { SecretForm } from "./SecretForm.tsx";
import { TextButton } from "./TextButton.tsx";
import { useAct } from "./useAct.ts";
import { codeProblem } from "./words.ts";

export interface SecondStepProps {
  challenge: Challenge;
  begin: (session: Session) => Promise<void>;
  onMethod: (method: Method) => void;
  /** A code was sent another way: a challenge of its own. */
  onAgain: (answer: Answer, given: Given) => void;
  /** It took too long. */
  onExpired: () => void;
  onBack: () => void;
}

const USE: { [method in Method]: string } = {
  totp: t.auth.useTotp,
  recovery_code: t.auth.useRecovery,
  email: t.auth.useEmail,
  sms: t.auth.useSms,
};

/** The second step of signing in, by one of the ways that the account offers. */
export function SecondStep({ challenge, begin, onMethod, onAgain, onExpired, onBack }: SecondStepProps) {
  const switching = useAct();
  const { method, given } = challenge;
  const prove = async (proof: { code?: string; totp?: string; recoveryCode?: string }) => {
    try {
      await begin(await rest("session.verify_login", { challenge: challenge.challenge, ...proof }));
    } catch (error) {
      if (error instanceof ApiError && error.code === "code_expired") onExpired();
      else throw error;
    }
  };
  const take = (other: Method) => {
    if (other !== "email" && other !== "sms") return onMethod(other);
    const { login, password } = given;
    if (login === undefined || password === undefined) return onBack();
    void switching.run(async () => {
      const answer = await rest("session.login", { login, password, method: other });
      if ("accessToken" in answer) await begin(answer);
      else onAgain(answer, given);
    });
  };
  const links = (
    <>
      {otherMethods(challenge).map((other) => (
        <TextButton key={other} onClick={() => take(other)}>
          {USE[other]}
        </TextButton>
      ))}
      <TextButton onClick={onBack}>{t.auth.backToSignIn}</TextButton>
      {switching.busy && (
        <p className="auth-form__sending" role="status">
          {t.auth.sendingCode}
        </p>
      )}
      {switching.error !== undefined && (
        <p className="auth-form__refused" role="alert">
          {codeProblem(switching.error, t.auth.beginAgain)}
        </p>
      )}
    </>
  );
  switch (method) {
    case "recovery_code":
      return (
        <SecretForm
          title={t.auth.twoStep}
          text={t.auth.enterRecovery}
          label={t.auth.recoveryCode}
          verb={t.auth.signIn}
          missing={t.auth.enterRecoveryCode}
          problemOf={(error) => codeProblem(error, t.auth.recoveryWrong)}
          onSecret={(recoveryCode) => prove({ recoveryCode })}
        >
          {links}
        </SecretForm>
      );
    case "totp":
      return (
        <CodeStep
          title={t.auth.twoStep}
          text={t.auth.enterTotp}
          wrong={t.auth.totpWrong}
          onCode={(totp) => prove({ totp })}
        >
          {links}
        </CodeStep>
      );
    case "email":
    case "sms":
      return (
        <MailedStep challenge={challenge} onCode={(code) => prove({ code })}>
          {links}
        </MailedStep>
      );
  }
}

interface StepProps {
  onCode: (code: string) => Promise<void>;
  children: ReactNode;
}

function MailedStep({ challenge, onCode, children }: StepProps & { challenge: Challenge }) {
  const [sentTo, setSentTo] = useState<string>();
  const email = challenge.method === "email";
  const resend = async () => {
    const { userId, challenge: secret } = challenge;
    const sent = await rest("account.resend_code", { userId, purpose: "login", challenge: secret });
    setSentTo(sent.sentTo);
  };
  const where = email ? t.auth.sentEmail : t.auth.sentSms;
  return (
    <CodeStep
      title={email ? t.auth.checkEmail : t.auth.checkPhone}
      text={
        sentTo === undefined ? (
          where
        ) : (
          <>
            {t.auth.sentTo} <bdi dir="ltr">{sentTo}</bdi>.
          </>
        )
      }
      wrong={email ? t.errors.code_wrong : t.auth.smsWrong}
      onCode={onCode}
      resend={resend}
    >
      {children}
    </CodeStep>
  );
}
