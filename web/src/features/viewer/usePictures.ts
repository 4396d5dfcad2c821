import { useLiveQuery } from "dexie-react-hooks";
import { useCallback, useEffect, useRef, useState } from "react";
import { useEngine } from "../../session/session.ts";
import { isPicture } from "./around.ts";
import type { Picture, Viewed } from "./state.ts";

/** So near to an end more is asked for. */
const NEAR = 2;

export interface Pictures {
  /** In order, as far as they are known. */
  all: readonly Picture[];
  current: Picture;
  index: number;
  go: (index: number) => void;
}

/** The pictures that one can walk through. What is unsent meanwhile is shown no longer. */
export function usePictures({ at, source }: Viewed, onGone: () => void): Pictures {
  const { db } = useEngine();
  const [all, setAll] = useState<readonly Picture[]>([at]);
  const [id, setId] = useState(at.id);
  const index = Math.max(
    0,
    all.findIndex((each) => each.id === id),
  );
  const current = all[index] ?? at;
  useEffect(() => {
    let wanted = true;
    void source.begin(at).then(
      (found) => wanted && setAll((known) => merged(known, found)),
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [source, at]);
  useMore(source, index, all.length, setAll);
  const row = useLiveQuery(() => db.messages.get(current.id), [db, current.id]);
  const isGone = row !== undefined && !isPicture(row);
  useEffect(() => {
    if (!isGone) return;
    const next = all[index + 1] ?? all[index - 1];
    setAll((known) => known.filter((each) => each.id !== current.id));
    if (next === undefined) onGone();
    else setId(next.id);
  }, [isGone, all, index, current.id, onGone]);
  const go = useCallback((to: number) => setId((before) => all[to]?.id ?? before), [all]);
  // Its caption and its links may have changed since.
  const shown = row !== undefined && isPicture(row) ? row : current;
  return { all, current: shown, index, go };
}

/** Ask for more at the end that is near, one page after the other. */
function useMore(
  source: Viewed["source"],
  index: number,
  count: number,
  setAll: (change: (known: readonly Picture[]) => readonly Picture[]) => void,
): void {
  const state = useRef({ older: false, newer: false });
  useEffect(() => {
    const ask = (edge: "older" | "newer") => {
      if (state.current[edge]) return;
      state.current[edge] = true;
      void source.more(edge).then(
        (found) => {
          // At an end that has no more nobody asks again.
          state.current[edge] = found.length === 0;
          if (found.length > 0) setAll((known) => merged(known, found));
        },
        () => {
          state.current[edge] = false;
        },
      );
    };
    if (index < NEAR) ask("older");
    if (index >= count - NEAR) ask("newer");
  }, [source, index, count, setAll]);
}

function merged(one: readonly Picture[], other: readonly Picture[]): readonly Picture[] {
  const known = new Map([...one, ...other].map((each) => [each.id, each]));
  return [...known.values()].sort((a, b) => a.seq - b.seq);
}
