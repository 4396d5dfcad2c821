import { useState } from "react";
import { useEngine, useSession } from "../../session/session.ts";
import { t } from "../../text/auth.ts";
import { Button } from "../../ui/Button.tsx";
import { SettingRow } from "../../ui/SettingRow.tsx";
import { ProofDialog } from "./security/ProofDialog.tsx";
import "./security/security.css";

/** The end of the account: a row, which asks for the password. */
export function DeleteAccount() {
  const engine = useEngine();
  const { signOut } = useSession();
  const [open, setOpen] = useState(false);
  const words = t.auth.security;
  const remove = async (password: string | undefined) => {
    await engine.call("account.delete", { password });
    // Nothing of it stays on this device either.
    await signOut();
  };
  return (
    <>
      <SettingRow
        title={words.deleteAccount}
        text={words.deleteText}
        control={
          <Button kind="danger-quiet" size="sm" onClick={() => setOpen(true)}>
            {words.deleteOpen}
          </Button>
        }
      />
      {open && (
        <ProofDialog
          title={words.deleteTitle}
          text={words.deleteWarning}
          verb={words.deleteAccount}
          danger
          onClose={() => setOpen(false)}
          onProved={remove}
        />
      )}
    </>
  );
}
