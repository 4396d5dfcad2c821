import { useEffect, useSyncExternalStore } from "react";

/** A part of the client that comes when it is needed first. */
export interface Late<T> {
  load(): void;
  subscribe(listener: () => void): () => void;
  /** Undefined: it is not here yet; null: it did not come. */
  get(): T | null | undefined;
}

/** Have something come late. What did not come is asked for again when it is wanted again. */
export function late<T>(fetch: () => Promise<T>): Late<T> {
  let loaded: T | null | undefined;
  let loading = false;
  const listeners = new Set<() => void>();
  const done = (found: T | null) => {
    loaded = found;
    loading = found !== null;
    for (const tell of listeners) tell();
  };
  return {
    load() {
      if (loading) return;
      loading = true;
      void fetch().then(done, () => done(null));
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get: () => loaded,
  };
}

/** What has come of it; it is fetched once it is wanted. */
export function useLate<T>(part: Late<T>, wanted: boolean): T | null | undefined {
  useEffect(() => {
    if (wanted) part.load();
  }, [part, wanted]);
  return useSyncExternalStore(part.subscribe, part.get);
}
