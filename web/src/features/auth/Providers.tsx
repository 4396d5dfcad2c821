import { KeyRound } from "lucide-react";
import { useEffect, useState } from "react";
import { rest } from "../../api/rest.ts";
import type { ProviderInfo } from "../../api/types.ts";
import { t } from "../../text/auth.ts";
import { Button } from "../../ui/Button.tsx";
import { leaveForProvider } from "./provider.ts";
import { Refused } from "./Refused.tsx";
import { useAct } from "./useAct.ts";

/** Other ways to sign in, if this server has some. */
export function Providers() {
  const [providers, setProviders] = useState<ProviderInfo[]>([]);
  const act = useAct();
  useEffect(() => {
    const end = new AbortController();
    // Without an answer there are none to be offered: the form above says what is wrong when it is used.
    rest("oidc.providers", {}, { signal: end.signal }).then(
      ({ items }) => setProviders(items),
      () => {},
    );
    return () => end.abort();
  }, []);
  if (providers.length === 0) return null;
  return (
    <div className="auth-form__part">
      <div className="auth-form__or">{t.auth.or}</div>
      {providers.map(({ name }) => (
        <Button
          key={name}
          kind="outline"
          size="lg"
          block
          icon={KeyRound}
          busy={act.busy}
          onClick={() => void act.run(leaveForProvider)}
        >
          {t.auth.continueWith(name)}
        </Button>
      ))}
      {act.error !== undefined && <Refused error={act.error} />}
    </div>
  );
}
