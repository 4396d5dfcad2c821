import { useEffect, useState } from "react";
import { useEngine } from "../session/session.ts";

/** So many pictures of one's own stay in memory: what has just been sent is shown from here until it comes back. */
const MOST = 24;

const urls = new Map<string, string>();

/** The picture of a message that this tab has sent, by its `clientId`. */
export function previewOf(clientId: string | undefined): string | undefined {
  return clientId === undefined ? undefined : urls.get(clientId);
}

/** The file of a message that waits to be sent, as something that an element can show. */
export function usePreview(clientId: string): string | undefined {
  const { db } = useEngine();
  const [url, setUrl] = useState(() => urls.get(clientId));
  useEffect(() => {
    let wanted = true;
    const known = urls.get(clientId);
    if (known !== undefined) setUrl(known);
    else {
      void db.blobs.get(clientId).then((row) => {
        if (wanted && row !== undefined) setUrl(keep(clientId, row.blob));
      });
    }
    return () => {
      wanted = false;
    };
  }, [db, clientId]);
  return url;
}

function keep(clientId: string, blob: Blob): string {
  const known = urls.get(clientId);
  if (known !== undefined) return known;
  const url = URL.createObjectURL(blob);
  urls.set(clientId, url);
  const [oldest] = urls;
  if (urls.size > MOST && oldest !== undefined) {
    urls.delete(oldest[0]);
    URL.revokeObjectURL(oldest[1]);
  }
  return url;
}
