import type { Connection } from "../db/schema.ts";

export type Banner = { kind: "waiting"; seconds: number } | { kind: "connecting" } | { kind: "back" } | null;

/** Short gaps are nobody's business. */
export const PATIENCE_MS = 2000;
const BACK_MS = 3000;

/** What is said of the connection; `backAt`: when it came back after the banner had been seen. */
export function bannerOf(connection: Connection | undefined, now: number, backAt: number | undefined): Banner {
  switch (connection?.state) {
    case undefined:
    case "ended":
      return null;
    case "online":
      return backAt !== undefined && now - backAt < BACK_MS ? { kind: "back" } : null;
    case "connecting":
      return now - connection.since < PATIENCE_MS ? null : { kind: "connecting" };
    case "offline": {
      if (now - connection.since < PATIENCE_MS) return null;
      if (connection.retryAt === undefined) return { kind: "connecting" };
      return { kind: "waiting", seconds: Math.max(0, Math.ceil((connection.retryAt - now) / 1000)) };
    }
  }
}
