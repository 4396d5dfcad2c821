import { Globe, Lock, type LucideIcon, UsersRound } from "lucide-react";
import type { Me, Privacy, PrivacyChange } from "../../api/types.ts";

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
