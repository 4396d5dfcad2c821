import { ApiError } from "../api/errors.ts";
import { passes } from "../api/patience.ts";
import type { Me, Session } from "../api/types.ts";
import { ChatrEngine } from "../engine/chatr-engine.ts";
import { Store } from "../engine/store.ts";
import type { SessionState } from "./session.ts";
import { Tokens } from "./tokens.ts";

/** Who was signed in last here: to begin from their database without a connection. */
const LAST_USER = "chatr:user";
/** A database that takes longer to open may never do so; should it, that is welcome. */
const OPENING_MS = 10_000;

/** Keeps the session of this tab, and its engine. */
export class SessionKeeper {
  state: SessionState = { kind: "loading" };

  private readonly tokens = new Tokens({
    renewed: (session) => this.renewed(session),
    ended: (reason) => void this.ended(reason),
  });
  private readonly listeners = new Set<() => void>();
  private engine: ChatrEngine | undefined;
  private hasStarted = false;
  private isLeaving = false;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Go on with the session that the cookie has, if there is one; does so once. */
  start(): void {
    if (this.hasStarted) return;
    this.hasStarted = true;
    // Another tab has signed in: its cookie is this one's too.
    globalThis.addEventListener("storage", ({ key, newValue }) => {
      if (key === LAST_USER && newValue !== null && this.state.kind === "out") void this.resume();
    });
    void this.resume();
  }

  async begin(session: Session): Promise<void> {
    await this.engine?.stop();
    this.tokens.accept(session);
    await this.enter(session.user.id, session.user);
  }

  async signOut(): Promise<void> {
    const { engine } = this;
    this.isLeaving = true;
    try {
      await engine?.signOut();
    } finally {
      this.engine = undefined;
      this.forget();
      this.isLeaving = false;
      this.show({ kind: "out" });
    }
  }

  private async resume(): Promise<void> {
    let last: string | null;
    try {
      last = localStorage.getItem(LAST_USER);
    } catch (error) {
      // Where a site may keep nothing even to look is refused.
      return this.show(unusable(error));
    }
    if (last === null) {
      // Nobody was signed in here: to ask would only put an error into the console of whoever comes for the first time.
      this.show({ kind: "out" });
      return;
    }
    // What is here is shown at once, however far the server is; the tokens come meanwhile.
    const renewed = this.tokens.renew().catch((error: unknown) => {
      // Without the server the engine goes on asking. What ended while nobody was here goes, as if it had ended now.
      if (!passes(error)) return error instanceof ApiError ? error.code : "internal";
    });
    await this.enter(last);
    const reason = await renewed;
    if (reason !== undefined) await this.ended(reason);
  }

  /** Tokens came; also of somebody else, when another tab has signed in as them: there is one cookie for all. */
  private renewed({ user }: Session): void {
    if (this.isLeaving || this.engine?.userId === user.id) return;
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
    const found = (state: SessionState) => this.engine === engine && this.show(state);
    const late = setTimeout(found, OPENING_MS, { kind: "unusable", reason: "" });
    try {
      localStorage.setItem(LAST_USER, userId);
      await engine.start();
      if (me !== undefined) await new Store(engine.db, userId).setMe(me);
      found({ kind: "in", engine });
    } catch (error) {
      found(unusable(error));
    } finally {
      clearTimeout(late);
    }
  }

  /** It ended elsewhere. */
  private async ended(reason: string): Promise<void> {
    const { engine } = this;
    if (engine === undefined || this.isLeaving) return;
    this.engine = undefined;
    this.forget();
    this.show(reason === "logout" ? { kind: "out" } : { kind: "out", ended: reason });
    // What does not open has nothing to be forgotten.
    await engine.wipe().catch(() => undefined);
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

/** Dexie says what happened, and in more lines of what that came. */
function unusable(error: unknown): SessionState {
  const [reason = ""] = String(error).split("\n");
  return { kind: "unusable", reason };
}
