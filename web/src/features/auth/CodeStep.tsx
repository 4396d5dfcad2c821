import { Clock } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { ApiError } from "../../api/errors.ts";
import { t } from "../../text/auth.ts";
import { Button } from "../../ui/Button.tsx";
import { CodeInput } from "../../ui/CodeInput.tsx";
import { AuthNote } from "./AuthNote.tsx";
import "./auth-form.css";
import { useAct } from "./useAct.ts";
import { useCountdown } from "./useCountdown.ts";
import { useFirstField } from "./useFirstField.ts";
import { codeProblem } from "./words.ts";

/** Codes leave for one address so far apart. */
export const RESEND_MS = 60_000;

export interface CodeFieldProps {
  /** What is said about a wrong code. */
  wrong: string;
  onCode: (code: string) => Promise<void>;
  resend?: () => Promise<void>;
}

export interface CodeStepProps extends CodeFieldProps {
  title: string;
  text: ReactNode;
  children?: ReactNode;
}

/** A step that is a code. */
export function CodeStep({ title, text, children, ...field }: CodeStepProps) {
  const place = useFirstField<HTMLDivElement>();
  return (
    <div className="auth-form" ref={place}>
      <h2 className="auth-form__title">{title}</h2>
      <p className="auth-form__text">{text}</p>
      <CodeField {...field} />
      {children && <div className="auth-form__links">{children}</div>}
    </div>
  );
}

/** Six boxes that send themselves, what was wrong with the last code, and a new one after a minute. */
export function CodeField({ wrong, onCode, resend }: CodeFieldProps) {
  const note = useId();
  const [code, setCode] = useState("");
  const act = useAct();
  const problem = act.error === undefined ? undefined : codeProblem(act.error, wrong);
  const change = (value: string) => {
    setCode(value);
    act.clear();
  };
  return (
    <>
      <CodeInput
        value={code}
        onChange={change}
        onComplete={(value) => void act.run(() => onCode(value))}
        error={problem}
        busy={act.busy}
        aria-describedby={note}
      />
      <div id={note} className="auth-form__notes">
        {problem !== undefined && (
          <AuthNote kind="bad" bare>
            {problem}
          </AuthNote>
        )}
      </div>
      {resend && <Resend resend={resend} />}
    </>
  );
}

/** A new code: from a minute after the last one. */
export function Resend({ resend }: { resend: () => Promise<void> }) {
  const [until, setUntil] = useState(() => Date.now() + RESEND_MS);
  const [sent, setSent] = useState(false);
  const left = useCountdown(until);
  const act = useAct();
  const send = async () => {
    const done = await act.run(async () => {
      try {
        await resend();
      } catch (error) {
        const wait = error instanceof ApiError ? error.retryAfter : undefined;
        if (wait !== undefined) setUntil(Date.now() + wait * 1000);
        throw error;
      }
    });
    if (!done) return;
    setUntil(Date.now() + RESEND_MS);
    setSent(true);
  };
  if (left > 0) {
    return (
      <p className="auth-note auth-note--bare">
        <Clock />
        <span>
          {sent && <span role="status">{t.auth.codeSent} </span>}
          {t.auth.newCodeIn} <span className="auth-form__number">{t.auth.seconds(left)}</span>.
        </span>
      </p>
    );
  }
  return (
    <div className="auth-form__resend">
      <Button size="sm" busy={act.busy} onClick={() => void send()}>
        {t.auth.sendNewCode}
      </Button>
      {act.error !== undefined && (
        <AuthNote kind="bad" bare>
          {codeProblem(act.error, t.errors.code_expired)}
        </AuthNote>
      )}
    </div>
  );
}
