import { Copy, Download } from "lucide-react";
import { t } from "../../../text/auth.ts";
import { Button } from "../../../ui/Button.tsx";
import { Card } from "../../../ui/Card.tsx";
import { copyText } from "../../../ui/copy.ts";

export interface RecoveryCodesProps {
  codes: readonly string[];
  onKept: () => void;
}

/** The codes for a lost phone, which are shown this once. */
export function RecoveryCodes({ codes, onKept }: RecoveryCodesProps) {
  const words = t.auth.security;
  const text = codes.join("\n");
  return (
    <Card pad>
      <div className="recovery-codes">
        <h3 className="recovery-codes__title">{words.keep}</h3>
        <p className="security__text">{words.keepText}</p>
        <ul className="recovery-codes__list" dir="ltr">
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <div className="recovery-codes__acts">
          <Button icon={Copy} onClick={() => void copyText(text)}>
            {t.common.copy}
          </Button>
          <Button icon={Download} onClick={() => save(`${text}\n`, words.fileName)}>
            {words.saveAsText}
          </Button>
        </div>
        <Button kind="primary" size="lg" block onClick={onKept}>
          {words.haveSaved}
        </Button>
      </div>
    </Card>
  );
}

/** Gives a text to the browser as a download. */
function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on it once the click is over.
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
