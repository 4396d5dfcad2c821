import { ApiError } from "../api/errors.ts";
import { passes, retryAfterMs } from "../api/patience.ts";
import type { Me, Session } from "../api/types.ts";
import { ChatrDatabase } from "../db/schema.ts";
import { ChatrEngine } from "../engine/chatr-engine.ts";
import { Store } from "../engine/store.ts";
import { Backoff } from "../wamp/backoff.ts";
import type { SessionState } from "./session.ts";
import { Tokens } from "./tokens.ts";

/** Who was signed in last here: to begin from their database without a connection. */
const LAST_USER = "chatr:user";

/** Keeps the session of this tab, and its engine. */
export class SessionKeeper {
  state: SessionState = { kind: "loading" };

  private readonly tokens = new Tokens({
    renewed: (session) => this.renewed(session),
    ended: (reason) => void this.ended(reason),
  });
  private readonly listeners = new Set<() => void>();
  private readonly backoff = new Backoff(1_000, 30_000);
  private engine: ChatrEngine | undefined;
  private hasStarted = false;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Go on with the session that the cookie has, if there is one; does so once. */
  start(): void {
    if (this.hasStarted) return;
    this.hasStarted = true;
    void this.resume();
  }

  async begin(session: Session): Promise<void> {
    await this.engine?.stop();
    this.tokens.accept(session);
    await this.enter(session.user.id, session.user);
  }

  async signOut(): Promise<void> {
    const { engine } = this;
    this.engine = undefined;
    this.forget();
    await engine?.signOut();
    this.show({ kind: "out" });
  }

  private async resume(): Promise<void> {
    const last = remembered();
    try {
      await this.tokens.renew();
    } catch (error) {
      if (!passes(error)) {
        // It ended while nobody was here: what is kept goes, as if it had ended now.
        if (last !== null) await ChatrDatabase.delete(`chatr:${last}`);
        this.forget();
        this.show(last === null ? { kind: "out" } : { kind: "out", ended: codeOf(error) });
      } else if (last !== null) {
        // Without the server: the engine goes on asking.
        await this.enter(last);
      } else {
        this.show({ kind: "out" });
        setTimeout(() => void this.resumeLater(), retryAfterMs(error) + this.backoff.delayMs());
      }
    }
  }

  private async resumeLater(): Promise<void> {
    if (this.engine === undefined) await this.resume();
  }

  /** Tokens came; also of somebody else, when another tab has signed in as them: there is one cookie for all. */
  private renewed({ user }: Session): void {
    if (this.engine?.userId === user.id) return;
    void this.engine?.stop();
    void this.enter(user.id, user);
  }

  private async enter(userId: string, me?: Me): Promise<void> {
    const engine = new ChatrEngine({
      userId,
      credentials: this.tokens,
      onEnded: (reason) => void this.ended(reason),
      locks: globalThis.navigator.locks,
    });
    this.engine = engine;
    localStorage.setItem(LAST_USER, userId);
    await engine.start();
    if (me !== undefined) await new Store(engine.db, userId).setMe(me);
    if (this.engine === engine) this.show({ kind: "in", engine });
  }

  /** It ended elsewhere. */
  private async ended(reason: string): Promise<void> {
    const { engine } = this;
    if (engine === undefined) return;
    this.engine = undefined;
    this.forget();
    this.show(reason === "logout" ? { kind: "out" } : { kind: "out", ended: reason });
    await engine.wipe();
  }

  private forget(): void {
    this.tokens.clear();
    localStorage.removeItem(LAST_USER);
  }

  private show(state: SessionState): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

function remembered(): string | null {
  return localStorage.getItem(LAST_USER);
}

function codeOf(error: unknown): string {
  return error instanceof ApiError ? error.code : "internal";
}
