import { useCallback, useEffect, useRef, useState } from "react";

export interface Act {
  busy: boolean;
  error: unknown;
  /** Does something and keeps what went wrong; answers whether it went well. One at a time. */
  run: (work: () => Promise<void>) => Promise<boolean>;
  clear: () => void;
}

/** What a form does when it is sent: whether it is on its way, and what went wrong. */
export function useAct(): Act {
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: undefined });
  const busy = useRef(false);
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  const run = useCallback(async (work: () => Promise<void>) => {
    if (busy.current) return false;
    busy.current = true;
    setState({ busy: true, error: undefined });
    let error: unknown;
    try {
      await work();
    } catch (thrown) {
      error = thrown;
    }
    busy.current = false;
    if (here.current) setState({ busy: false, error });
    return error === undefined;
  }, []);
  const clear = useCallback(
    () => setState((now) => (now.error === undefined ? now : { ...now, error: undefined })),
    [],
  );
  return { ...state, run, clear };
}
