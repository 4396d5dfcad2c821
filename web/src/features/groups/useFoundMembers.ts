import { useEffect, useState } from "react";
import type { GroupMember } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import type { Roster } from "./roster.ts";

const PAUSE_MS = 250;
/** Of more than these somebody types another letter. */
const MOST = 100;

interface Found {
  members: readonly GroupMember[];
  error?: unknown;
}

/**
 * Members whose name or username begins so, once somebody stops typing, and again when the group changes. Undefined:
 * not found yet.
 */
export function useFoundMembers(roster: Roster, q: string): Found | undefined {
  const engine = useEngine();
  const [found, setFound] = useState<Found>();
  const { id } = roster.group;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another roster is the reason, too.
  useEffect(() => {
    if (q === "") return undefined;
    const control = new AbortController();
    const ask = async () => {
      try {
        const { members } = await engine.call("group.get", { id, q, limit: MOST }, control.signal);
        setFound({ members });
      } catch (error) {
        if (!control.signal.aborted) setFound({ members: [], error });
      }
    };
    const timer = setTimeout(() => void ask(), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [engine, id, q, roster]);
  return q === "" ? undefined : found;
}
