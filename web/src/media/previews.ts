import { useEffect, useState } from "react";
import type { ChatrDatabase } from "../db/schema.ts";
import { quietly } from "../engine/quietly.ts";
import { useEngine } from "../session/session.ts";

/** So many pictures of one's own stay in memory: what has just been sent is shown from here until it comes back. */
const MOST = 24;

const urls = new Map<string, string>();
let owner: ChatrDatabase | undefined;

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
      const found = db.blobs.get(clientId).then((row) => {
        if (wanted && row !== undefined) setUrl(keep(db, clientId, row.blob));
      });
      quietly(found);
    }
    return () => {
      wanted = false;
    };
  }, [db, clientId]);
  return url;
}

function keep(db: ChatrDatabase, clientId: string, blob: Blob): string {
  // Whoever signs in after somebody else finds nothing of theirs.
  if (owner !== db) drop(0);
  owner = db;
  const url = urls.get(clientId) ?? URL.createObjectURL(blob);
  urls.set(clientId, url);
  drop(MOST);
  return url;
}

/** Let go of the oldest, but for so many. */
function drop(most: number): void {
  for (const [clientId, url] of urls) {
    if (urls.size <= most) return;
    urls.delete(clientId);
    URL.revokeObjectURL(url);
  }
}
