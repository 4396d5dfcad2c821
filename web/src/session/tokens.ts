import { ApiError } from "../api/errors.ts";
import { passes, retryAfterMs } from "../api/patience.ts";
import { rest } from "../api/rest.ts";
import type { Session, SessionRefreshParams } from "../api/types.ts";
import type { Credentials } from "../engine/chatr-engine.ts";
import { Backoff } from "../wamp/backoff.ts";

/** So long before its end a token is renewed, and one that is short-lived when so much of its time is left. */
const AHEAD_MS = 60_000;
const AHEAD = 0.3;
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
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly backoff = new Backoff(2_000, 30_000);

  constructor(private readonly listener: TokenListener) {}

  /** Take the tokens of an answer to what was asked at `began`: their time has run since some moment after that. */
  accept(session: Session, began = Date.now()): void {
    this.token = session.accessToken;
    const lastsMs = session.expiresIn * 1000;
    this.goodUntil = began + lastsMs;
    this.backoff.reset();
    this.later(lastsMs - Math.min(AHEAD_MS, lastsMs * AHEAD));
  }

  async accessToken(): Promise<string> {
    if (Date.now() >= this.goodUntil) await this.renew();
    return this.token;
  }

  /** Get new tokens; who asks meanwhile gets the same. */
  renew(): Promise<void> {
    this.renewing ??= this.ask().finally(() => {
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
    this.token = "";
    this.goodUntil = 0;
  }

  private async ask(): Promise<void> {
    const began = Date.now();
    const session = await this.refreshed();
    this.accept(session, began);
    this.listener.renewed(session);
  }

  private async refreshed(): Promise<Session> {
    if (Date.now() >= this.goodUntil) return rest("session.refresh", FROM_COOKIE);
    try {
      // With the token of now, and the name of the connection, that is prolonged too.
      return await rest("session.refresh", FROM_COOKIE, { token: this.token, connection: this.connection });
    } catch (error) {
      // It may be the token that is over, by the server's clock: of the session the cookie tells.
      if (!(error instanceof ApiError) || error.code !== "unauthenticated") throw error;
      return rest("session.refresh", FROM_COOKIE);
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
