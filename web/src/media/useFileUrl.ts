import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import type { File } from "../api/types.ts";
import { useEngine } from "../session/session.ts";
import { type Form, filesOf, urlOf } from "./files.ts";

export interface FileUrl {
  /** Undefined: there is none yet that opens, or none to be had now. */
  url: string | undefined;
  /** It can't be had now. */
  failed: boolean;
  /** For what shows it: it did not open. */
  onError: () => void;
}

/** A link of a file that opens: another one is fetched when it has ended, or when it has failed once. */
export function useFileUrl(given: File, form: Form, wanted = true): FileUrl {
  const engine = useEngine();
  const files = filesOf(engine);
  const file = useSyncExternalStore(files.subscribe, () => files.current(given));
  const generation = useSyncExternalStore(files.subscribe, () => files.generation);
  // What failed: a link, or asking for one; it counts until there is a connection again.
  const [failed, setFailed] = useState<{ generation: number; url: string; again: boolean }>();
  const [opened, setOpened] = useState<string>();
  const url = urlOf(file, form);
  const failure = failed?.generation === generation ? failed : undefined;
  const isOver = failure !== undefined && (!failure.again || failure.url === url);
  const { id } = file;
  // What was shown once stays: that its link ends is no reason to load it anew.
  const usable = opened === url || files.opens(file);
  const renew = useCallback(() => {
    const give = () => setFailed({ generation: files.generation, url: "", again: false });
    return files.renew(id).catch(give);
  }, [files, id]);
  useEffect(() => {
    if (wanted && !usable && !isOver) void renew();
  }, [wanted, usable, isOver, renew]);
  useEffect(() => {
    if (wanted && usable) setOpened(url);
  }, [wanted, usable, url]);
  const onError = useCallback(() => {
    const again = failure === undefined;
    setFailed({ generation, url, again });
    if (again) void renew();
  }, [failure, generation, url, renew]);
  return { url: wanted && usable && !isOver ? url : undefined, failed: isOver, onError };
}
