/** Bounds of a password, as the server has them (chatr/ops/accounts/password_rules.py). */
const MIN = 8;
const MAX = 128;
const LONG = 16;

export type Weakness =
  | "tooShort"
  | "tooLong"
  | "own"
  | "capitalAndSign"
  | "capital"
  | "sign"
  | "refused"
  | "monotonous";

export interface Strength {
  /** Bars of four. */
  bars: 0 | 1 | 2 | 3 | 4;
  /** Whether the server takes it, as far as one can tell here: it also knows the commonest passwords. */
  fits: boolean;
  weakness?: Weakness;
}

/** How hard a password is to guess: by its length, and by its kinds of characters while it is short. */
export function strengthOf(password: string, own: readonly string[] = [], refused?: string): Strength {
  const length = [...password].length;
  if (length === 0) return { bars: 0, fits: false };
  if (length < MIN) return { bars: 1, fits: false, weakness: "tooShort" };
  if (length > MAX) return { bars: 1, fits: false, weakness: "tooLong" };
  if (password === refused) return { bars: 1, fits: false, weakness: "refused" };
  if (isOwn(password, own)) return { bars: 1, fits: false, weakness: "own" };
  const weakness = length < LONG ? missing(password) : undefined;
  if (weakness === "capitalAndSign") return { bars: 2, fits: false, weakness };
  if (weakness !== undefined) return { bars: 3, fits: false, weakness };
  if (new Set(password).size < 5) return { bars: 2, fits: true, weakness: "monotonous" };
  return { bars: 4, fits: true };
}

function missing(password: string): Weakness | undefined {
  const capital = /\p{Lu}/u.test(password);
  const sign = /[^\p{L}\p{N}]/u.test(password);
  if (capital) return sign ? undefined : "sign";
  return sign ? "capital" : "capitalAndSign";
}

/** Whether it is one's own name or address, with or without digits and signs behind. */
function isOwn(password: string, own: readonly string[]): boolean {
  const text = password.toLowerCase();
  return own.some((each) => {
    const name = each.toLowerCase().replace(/^@/, "");
    if (name === "") return false;
    const rest = text.replace(/^@/, "");
    return rest.startsWith(name) && !/\p{L}/u.test(rest.slice(name.length));
  });
}
