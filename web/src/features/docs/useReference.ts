import { useCallback, useEffect, useState } from "react";
import { buildReference, type OpenApi, type Reference, type WampReference } from "./reference.ts";

let loading: Promise<Reference> | undefined;

/** What the server says that it can do; asked once a page. */
export function loadReference(): Promise<Reference> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<Reference> {
  const [openapi, wamp] = await Promise.all([json("/api/openapi.json"), json("/api/wamp.json")]);
  return buildReference(openapi as OpenApi, wamp as WampReference);
}

async function json(path: string): Promise<unknown> {
  const response = await fetch(path, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

export type Loaded =
  | { kind: "loading" }
  | { kind: "failed"; retry: () => void }
  | { kind: "loaded"; reference: Reference };

/** The reference, when it is there. */
export function useReference(): Loaded {
  const [loaded, setLoaded] = useState<Loaded>({ kind: "loading" });
  const [tries, setTries] = useState(0);
  const retry = useCallback(() => setTries((count) => count + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another try is another load.
  useEffect(() => {
    let over = false;
    setLoaded({ kind: "loading" });
    loadReference().then(
      (reference) => over || setLoaded({ kind: "loaded", reference }),
      () => over || setLoaded({ kind: "failed", retry }),
    );
    return () => {
      over = true;
    };
  }, [tries, retry]);
  return loaded;
}
