import { useEffect, useState } from "react";
import { useEngine } from "../session/session.ts";

/** An address for bytes that are here, as long as what asks for it is shown. */
export function useObjectUrl(blob: Blob | undefined): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (blob === undefined) return undefined;
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => {
      setUrl(undefined);
      URL.revokeObjectURL(made);
    };
  }, [blob]);
  return url;
}

/** An address for the file of a message that waits to be sent, by its `clientId`; undefined until it has been read. */
export function useWaitingUrl(clientId: string): string | undefined {
  const { db } = useEngine();
  const [blob, setBlob] = useState<Blob>();
  useEffect(() => {
    let gone = false;
    const found = (row: { blob: Blob } | undefined) => gone || setBlob(row?.blob);
    // Without a database there is nothing to be sent either.
    db.blobs.get(clientId).then(found, () => undefined);
    return () => {
      gone = true;
      setBlob(undefined);
    };
  }, [db, clientId]);
  return useObjectUrl(blob);
}
