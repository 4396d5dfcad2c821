import { Copy } from "lucide-react";
import type { TwoFactorSetup } from "../../../api/types.ts";
import { useEngine } from "../../../session/session.ts";
import { t } from "../../../text/auth.ts";
import { Button } from "../../../ui/Button.tsx";
import { Card } from "../../../ui/Card.tsx";
import { copyText } from "../../../ui/copy.ts";
import { CodeField } from "../../auth/CodeStep.tsx";
import { wantsPassword } from "./proof.ts";
import { groupsOf } from "./text.ts";

export interface TwoStepSetupProps {
  setup: TwoFactorSetup;
  password: string | undefined;
  onOn: (recoveryCodes: readonly string[]) => void;
  onCancel: () => void;
}

/** The authenticator: what to scan or type there, and a code that shows that it works. */
export function TwoStepSetup({ setup, password, onOn, onCancel }: TwoStepSetupProps) {
  const engine = useEngine();
  const words = t.auth.security;
  const enable = async (code: string) => {
    try {
      const { recoveryCodes } = await engine.call("two_factor.enable", { code, password });
      onOn(recoveryCodes);
    } catch (error) {
      // The ten minutes after signing in ran out meanwhile: setting up asks for the password now.
      if (wantsPassword(error)) return onCancel();
      throw error;
    }
    await engine.call("user.me", {});
  };
  return (
    <Card pad>
      <ol className="security-steps">
        <li>
          <h3 className="security-steps__title">{words.scan}</h3>
          <div className="security-steps__qr-row">
            <img className="security-steps__qr" src={setup.qrCode} alt={words.qr} width={176} height={176} />
            <div className="security-steps__key">
              <span>{words.cantScan}</span>
              <code dir="ltr">{groupsOf(setup.secret)}</code>
              <Button kind="quiet" size="sm" icon={Copy} onClick={() => void copyText(setup.secret)}>
                {words.copyKey}
              </Button>
            </div>
          </div>
        </li>
        <li>
          <h3 className="security-steps__title">{words.enterSix}</h3>
          <div className="security-steps__code">
            <CodeField wrong={t.auth.totpWrong} onCode={enable} />
          </div>
          <p className="security__text">{words.turnsOn}</p>
        </li>
      </ol>
      <div className="security__buttons">
        <Button onClick={onCancel}>{t.common.cancel}</Button>
      </div>
    </Card>
  );
}
