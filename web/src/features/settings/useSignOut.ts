import { useCallback } from "react";
import { useLocation } from "wouter";
import { useEngine, useSession } from "../../session/session.ts";
import { t } from "../../text/settings.ts";
import { confirm } from "../../ui/confirm.tsx";

/** Ends the session here; asks first, and says what would be lost. */
export function useSignOut(): () => Promise<void> {
  const { db } = useEngine();
  const { signOut } = useSession();
  const [, navigate] = useLocation();
  return useCallback(async () => {
    const unsent = await db.outbox.count();
    const lost = unsent === 0 ? "" : ` ${t.settings.unsentText(unsent)}`;
    const question = { title: t.settings.signOutTitle, text: t.settings.signOutText + lost };
    if (!(await confirm({ ...question, verb: t.settings.signOut, danger: unsent > 0 }))) return;
    await signOut();
    // Where one has been is nothing to whoever signs in next.
    navigate("/", { replace: true });
  }, [db, signOut, navigate]);
}
