import type { ChatrDatabase } from "../db/schema.ts";
import type { LeaderOptions } from "./leader.ts";
import type { TusMeans } from "./tus.ts";

/** What the engine needs of whoever keeps the tokens. */
export interface Credentials {
  /** An access token that is good for now. Rejects with `ApiError`: what does not pass says that the session is over. */
  accessToken(): Promise<string>;
  /** The token was refused: get another. */
  renew(): Promise<void>;
  sessionId(): string;
  /** Which WAMP connection is open: renewing prolongs it. */
  connected(connection: string): void;
}

export interface EngineOptions {
  userId: string;
  credentials: Credentials;
  /** Where the server is; empty: where this page is from. */
  origin?: string;
  /** Hears that the session has ended for good, with a code. */
  onEnded(reason: string): void;
  /** Which tab leads; without, this one does. */
  locks?: Pick<LockManager, "request">;
  database?: ChatrDatabase;
  wamp?: LeaderOptions["wamp"];
  tus?: TusMeans;
}

/** Where the server takes WAMP; without an origin: where this page is from. */
export function webSocketUrl(origin = ""): string {
  const url = new URL("/ws", origin || globalThis.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
