import { useCallback, useEffect, useRef, useState } from "react";
import type { Privacy, PrivacyChange } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { refusal } from "../../text/refusal.ts";
import { toast } from "../../ui/toast.tsx";
import { shownPrivacy, type Wish } from "./privacy.ts";
import { useMe } from "./useMe.ts";

export interface PrivacyChoices {
  privacy: Required<Privacy>;
  /** Acts at once; says so only when it fails. */
  change(values: PrivacyChange): void;
}

/** Who may see what, and a way to change it. Undefined until it was read. */
export function usePrivacy(): PrivacyChoices | undefined {
  const engine = useEngine();
  const me = useMe();
  const [wish, setWish] = useState<Wish>();
  const revision = useRef(0);
  useEffect(() => {
    revision.current = me?.revision ?? 0;
  }, [me]);
  const waiting = useRef(0);
  const last = useRef<Promise<void>>(Promise.resolve());
  const change = useCallback(
    (values: PrivacyChange) => {
      waiting.current += 1;
      setWish((before) => ({ values: { ...before?.values, ...values }, revision: Number.POSITIVE_INFINITY }));
      const ask = async () => {
        try {
          await engine.call("user.update_settings", { privacy: values });
          waiting.current -= 1;
          if (waiting.current === 0) setWish((now) => now && { ...now, revision: revision.current });
        } catch (error) {
          waiting.current -= 1;
          setWish(undefined);
          toast(refusal(error));
        }
      };
      // One after the other: the last choice is the one that stays.
      last.current = last.current.then(ask);
    },
    [engine],
  );
  return me && { privacy: shownPrivacy(me, wish), change };
}
