import { Globe, Lock, type LucideIcon, UsersRound } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Me, Privacy, PrivacyChange } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { refusal } from "../../text/refusal.ts";
import { toast } from "../../ui/toast.tsx";
import { useMe } from "./useMe.ts";

/** Who may see something, from all to none. */
export const LEVELS = ["everyone", "friends", "nobody"] as const;
export type Level = (typeof LEVELS)[number];

export const levelIcons: Readonly<Record<Level, LucideIcon>> = { everyone: Globe, friends: UsersRound, nobody: Lock };

/** What has a level of its own. */
export const FACTS = ["onlineStatus", "fullName", "email", "phone", "gender", "joinedDate"] as const;
export type PrivateFact = (typeof FACTS)[number];

/** What holds where nothing was chosen. */
const usual: Required<Privacy> = {
  onlineStatus: "everyone",
  phone: "nobody",
  email: "nobody",
  fullName: "everyone",
  gender: "nobody",
  joinedDate: "everyone",
  readReceipts: true,
  ghostTyping: false,
};

/** What somebody has chosen a moment ago, until the account that is kept here has it. */
export interface Wish {
  values: PrivacyChange;
  /** The account of this revision does not have it yet. */
  revision: number;
}

/** The choices as they are shown: the wish counts until the account is newer. */
export function shownPrivacy(me: Pick<Me, "privacy" | "revision">, wish: Wish | undefined): Required<Privacy> {
  const wished = wish !== undefined && me.revision <= wish.revision ? wish.values : {};
  return { ...usual, ...me.privacy, ...wished };
}

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
