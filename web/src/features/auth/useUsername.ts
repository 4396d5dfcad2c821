import { useEffect, useState } from "react";
import { ApiError } from "../../api/errors.ts";
import { rest } from "../../api/rest.ts";
import { looksLikeUsername, usernameProblem } from "./words.ts";

/** How long typing has to pause before the server is asked. */
const PAUSE_MS = 400;

export type UsernameState =
  | { is: "unknown" }
  | { is: "free" }
  | { is: "bad"; sentence: string; suggestions: readonly string[] };

const UNKNOWN: UsernameState = { is: "unknown" };

/** Whether a username can be had, asked when typing pauses; with three free ones when not. */
export function useUsername(name: string): UsernameState {
  const bare = name.trim().replace(/^@/, "");
  const [found, setFound] = useState<{ bare: string; state: UsernameState }>({ bare: "", state: UNKNOWN });
  useEffect(() => {
    if (bare === "") return;
    const end = new AbortController();
    const timer = setTimeout(() => {
      look(bare, end.signal).then(
        (state) => setFound({ bare, state }),
        // Registering says it again, and for sure.
        () => {},
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      end.abort();
    };
  }, [bare]);
  return found.bare === bare ? found.state : UNKNOWN;
}

async function look(bare: string, signal: AbortSignal): Promise<UsernameState> {
  if (!looksLikeUsername(bare)) return { is: "bad", sentence: usernameProblem(undefined, bare), suggestions: [] };
  const { available, reason } = await rest("user.check_username", { username: bare }, { signal });
  if (available) return { is: "free" };
  return { is: "bad", sentence: usernameProblem(reason, bare), suggestions: await suggestions(bare, signal) };
}

/** Names that are free; none when the server does not say. */
async function suggestions(bare: string, signal: AbortSignal): Promise<readonly string[]> {
  try {
    return (await rest("user.suggest_username", { username: bare }, { signal })).suggestions;
  } catch (error) {
    if (error instanceof ApiError) return [];
    throw error;
  }
}
