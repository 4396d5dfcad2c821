import { useEffect, useState } from "react";
import { useEngine } from "../../session/session.ts";
import type { Person } from "./Completion.tsx";
import { MOST_OPTIONS } from "./completion.ts";

/** So long after the last letter the server is asked. */
const PAUSE_MS = 200;
const nobody: readonly Person[] = [];

interface Found {
  of: string;
  members: readonly Person[];
}

/** Members of a group whose name or username begins with a word, as the server knows them; no word: nobody asks. */
export function useMembers(groupId: string | undefined, word: string | undefined): readonly Person[] {
  const engine = useEngine();
  const [found, setFound] = useState<Found>();
  useEffect(() => {
    if (groupId === undefined || word === undefined) return undefined;
    const control = new AbortController();
    const ask = async () => {
      const params = { id: groupId, limit: MOST_OPTIONS, ...(word !== "" && { q: word }) };
      try {
        const { members } = await engine.call("group.get", params, control.signal);
        const joined = members.filter(({ status }) => status === "joined");
        if (!control.signal.aborted) setFound({ of: groupId, members: joined.map(({ user }) => user) });
      } catch {
        // Those who are known are offered all the same.
      }
    };
    const timer = setTimeout(() => void ask(), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [engine, groupId, word]);
  return found !== undefined && found.of === groupId ? found.members : nobody;
}
