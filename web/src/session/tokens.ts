import { ApiError } from "../api/errors.ts";
import { passes, retryAfterMs } from "../api/patience.ts";
import { rest } from "../api/rest.ts";
import type { Session, SessionRefreshParams } from "../api/types.ts";
import type { Credentials } from "../engine/options.ts";
import { Backoff } from "../wamp/backoff.ts";

/** So long before its end a token is renewed, and one that is short-lived when so much of its time is left. */
const AHEAD_MS = 60_000;
const AHEAD = 0.3;
/** So much sooner than it says a token may end: the server counts whole seconds. */
const ROUNDED_MS = 1_000;
/** The cookie has the refresh token, which no script sees. */
const FROM_COOKIE = {} as SessionRefreshParams;

export interface TokenListener {
  /** Tokens came. */
  renewed(session: Session): void;
  /** The session is over for good. */
  ended(reason: string): void;
}

/** The access token, in memory, renewed before it ends. */
export class Tokens implements Credentials {
  private token = "";
  private goodUntil = 0;
  private connection = "";
  private renewing: Promise<void> | undefined;
  /** Why there are none any more: asked again, the server would say the same. */
  private refused: unknown;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly backoff = new Backoff(2_000, 30_000);

  constructor(private readonly listener: TokenListener) {}

  /** Take the tokens of an answer to what was asked at `began`: their time has run since some moment after that. */
  accept(session: Session, began = Date.now()): void {
    this.refused = undefined;
    this.token = session.accessToken;
    const lastsMs = session.expiresIn * 1000;
    this.goodUntil = began + lastsMs - ROUNDED_MS;
    this.backoff.reset();
    this.later(lastsMs - Math.min(AHEAD_MS, lastsMs * AHEAD));
  }

  async accessToken(): Promise<string> {
    if (Date.now() >= this.goodUntil) await this.renew();
    return this.token;
  }

  /** Get new tokens; who asks meanwhile gets the same. */
  renew(): Promise<void> {
    if (this.refused !== undefined) return Promise.reject(this.refused);
    this.renewing ??= this.ask()
      .catch((error: unknown) => {
        if (!passes(error)) this.refused = error;
        throw error;
      })
      .finally(() => {
        this.renewing = undefined;
      });
    return this.renewing;
  }

  /** From the token itself: nobody else says which session this is. */
  sessionId(): string {
    const [, claims = ""] = this.token.split(".");
    try {
      const { sid } = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/")));
      return typeof sid === "string" ? sid : "";
    } catch {
      return "";
    }
  }

  connected(connection: string): void {
    this.connection = connection;
  }

  clear(): void {
    clearTimeout(this.timer);
    this.refused = undefined;
    this.token = "";
    this.goodUntil = 0;
  }

  private async ask(): Promise<void> {
    const began = Date.now();
    const session = await this.refreshed();
    this.accept(session, began);
    this.listener.renewed(session);
  }

  /** What is asked without a network may hang for long: when there is one it is asked anew. */
  private async refreshed(): Promise<Session> {
    for (;;) {
      const over = new AbortController();
      const giveUp = () => over.abort();
      globalThis.addEventListener?.("online", giveUp);
      try {
        return await this.asked(over.signal);
      } catch (error) {
        if (!over.signal.aborted) throw error;
      } finally {
        globalThis.removeEventListener?.("online", giveUp);
      }
    }
  }

  private async asked(signal: AbortSignal): Promise<Session> {
    if (Date.now() >= this.goodUntil) return rest("session.refresh", FROM_COOKIE, { signal });
    try {
      // With the token of now, and the name of the connection, that is prolonged too.
      const { token, connection } = this;
      return await rest("session.refresh", FROM_COOKIE, { token, connection, signal });
    } catch (error) {
      // It may be the token that is over, by the server's clock: of the session the cookie tells.
      if (!(error instanceof ApiError) || error.code !== "unauthenticated") throw error;
      return rest("session.refresh", FROM_COOKIE, { signal });
    }
  }

  private later(delayMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.inTime(), Math.max(delayMs, 1_000));
  }

  private async inTime(): Promise<void> {
    try {
      await this.renew();
    } catch (error) {
      if (passes(error)) this.later(retryAfterMs(error) + this.backoff.delayMs());
      else this.listener.ended(error instanceof ApiError ? error.code : "internal");
    }
  }
}
