import { useEffect, useState } from "react";
import type { FoundUser } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";

const pauseMs = 250;
/** The server looks for no less and no more. */
const shortest = 2;
const longest = 64;

export interface UserHits {
  users: readonly FoundUser[];
  busy: boolean;
  error?: unknown;
}

/** People by a part of their name, once somebody stops typing. */
export function useUserSearch(query: string): UserHits {
  const engine = useEngine();
  const [found, setFound] = useState<UserHits>({ users: [], busy: false });
  useEffect(() => {
    if (query.length < shortest) {
      setFound({ users: [], busy: false });
      return undefined;
    }
    const control = new AbortController();
    const ask = async () => {
      try {
        const { items } = await engine.call("user.search", { q: query.slice(0, longest) }, control.signal);
        if (!control.signal.aborted) setFound({ users: items, busy: false });
      } catch (error) {
        if (!control.signal.aborted) setFound({ users: [], busy: false, error });
      }
    };
    setFound(({ users }) => ({ users, busy: true }));
    const timer = setTimeout(() => void ask(), pauseMs);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [engine, query]);
  return found;
}
