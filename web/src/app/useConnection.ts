import { useLiveQuery } from "dexie-react-hooks";
import { useEffect, useState } from "react";
import type { ChatrDatabase, Connection } from "../db/schema.ts";
import { type Banner, bannerOf } from "./banner.ts";

/** The banner of the moment; looks again each second only while there is something to say. */
export function useBanner(db: ChatrDatabase): Banner {
  const row = useLiveQuery(() => db.meta.get("connection"), [db]);
  const connection = row?.value as Connection | undefined;
  const [now, setNow] = useState(Date.now);
  const [backAt, setBackAt] = useState<number>();
  const [wasShown, setWasShown] = useState(false);
  const banner = bannerOf(connection, now, backAt);
  const online = connection?.state === "online";
  if (!online && banner !== null && !wasShown) setWasShown(true);
  if (online && wasShown) {
    setWasShown(false);
    setBackAt(now);
  }
  const ticking = connection !== undefined && (!online || banner !== null);
  useEffect(() => {
    setNow(Date.now());
    if (!ticking) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [ticking]);
  return banner;
}
