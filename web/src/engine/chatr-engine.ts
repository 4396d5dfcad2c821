import { ApiError } from "../api/errors.ts";
import { rest } from "../api/rest.ts";
import type { OperationName, ParamsOf, ResultOf } from "../api/types.ts";
import { ChatrDatabase } from "../db/schema.ts";
import { Channel, type Note } from "./channel.ts";
import type { Engine } from "./engine.ts";
import { History } from "./history.ts";
import { Leader, type LeaderOptions } from "./leader.ts";
import { noteRead } from "./marks.ts";
import { Repeated, Throttle } from "./signals.ts";
import { Store } from "./store.ts";
import { uuid } from "./uuid.ts";

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
}

const SIGNAL_MS = 2_000;
const DRAFT_MS = 100;
const READ_MS = 200;

/** {@link Engine}, of which each tab has one: one of them leads, and has the connection. */
export class ChatrEngine implements Engine {
  readonly userId: string;
  readonly db: ChatrDatabase;

  private readonly store: Store;
  private readonly channel: Channel;
  private readonly history: History;
  private leader: Leader | undefined;
  private readonly over = new AbortController();
  private leading: Promise<void> = Promise.resolve();
  private stopping: Promise<void> | undefined;
  private readonly tab = uuid();
  private readonly tabs = new Map<string, "online" | "away">();
  private readonly typings = this.signals("typing");
  private readonly recordings = this.signals("recording");
  private readonly drafts = new Throttle<string>(DRAFT_MS, (id, text) => this.passDraft(id, text));
  private readonly undrafted = new Set<string>();
  private readonly reads = new Throttle<number>(READ_MS, (id, seq) => void this.noteRead(id, seq));

  constructor(private readonly options: EngineOptions) {
    this.userId = options.userId;
    this.db = options.database ?? new ChatrDatabase(options.userId);
    this.store = new Store(this.db, options.userId);
    this.channel = new Channel(this.db.name, (note) => this.hear(note));
    this.history = new History(this.store, (name, params) => this.call(name, params));
  }

  /** Lead, or follow whoever does until they are gone. Resolves when the database is open. */
  async start(): Promise<void> {
    await this.db.open();
    const locks = this.options.locks;
    if (locks === undefined) {
      this.leading = this.lead();
      return;
    }
    this.leading = locks.request(this.db.name, { signal: this.over.signal }, () => this.lead()).catch(() => undefined);
  }

  async call<N extends OperationName>(name: N, params: ParamsOf<N>, signal?: AbortSignal): Promise<ResultOf<N>> {
    const { leader } = this;
    if (leader?.connected) return leader.call(name, params, signal);
    const answer = await this.callRest(name, params, signal);
    if (leader === undefined) await this.channel.hand(name, params, answer);
    else await leader.absorb(name, params, answer);
    return answer;
  }

  async send(target: string, content: string, options: { replyToId?: string } = {}): Promise<string> {
    const clientId = uuid();
    await this.db.transaction("rw", this.db.outbox, this.db.conversations, async () => {
      const last = await this.db.outbox.orderBy("order").last();
      const row = { clientId, order: (last?.order ?? 0) + 1, target: await this.whereTo(target), content };
      const createdAt = new Date().toISOString();
      await this.db.outbox.put({ ...row, ...options, createdAt, state: "waiting" });
    });
    this.poke();
    return clientId;
  }

  /** The conversation with a person, if it has begun. */
  private async whereTo(target: string): Promise<string> {
    const [kind, id = ""] = target.split(":", 2);
    if (kind !== "person") return target;
    const row = await this.db.conversations.where("other.id").equals(id).first();
    return row === undefined ? target : `conversation:${row.id}`;
  }

  async retry(clientId: string): Promise<void> {
    await this.db.outbox.update(clientId, (row) => {
      row.state = "waiting";
      delete row.error;
    });
    this.poke();
  }

  async discard(clientId: string): Promise<void> {
    await this.db.outbox.delete(clientId);
  }

  loadBefore(conversationId: string, seq: number): Promise<void> {
    return this.history.before(conversationId, seq);
  }

  loadAfter(conversationId: string, seq: number): Promise<void> {
    return this.history.after(conversationId, seq);
  }

  loadAround(conversationId: string, seq: number): Promise<void> {
    return this.history.around(conversationId, seq);
  }

  markRead(conversationId: string, seq: number): void {
    this.reads.put(conversationId, seq);
  }

  typing(conversationId: string, active: boolean): void {
    this.typings.put(conversationId, active);
  }

  recording(conversationId: string, active: boolean): void {
    this.recordings.put(conversationId, active);
  }

  draft(conversationId: string, text: string): void {
    if (!this.undrafted.has(conversationId)) this.drafts.put(conversationId, text);
  }

  setPresence(status: "online" | "away"): void {
    this.present(this.tab, status);
    this.channel.post({ kind: "presence", tab: this.tab, status });
  }

  retryConnection(): void {
    if (this.leader !== undefined) this.leader.retry();
    else this.channel.post({ kind: "retry" });
  }

  /** Break the connection, as a test does. */
  cut(): void {
    this.leader?.cut();
  }

  async signOut(): Promise<void> {
    // Signed out is signed out, also where the server can't be told: its session ends by itself.
    await this.callRest("session.logout", {}).catch(() => undefined);
    this.channel.post({ kind: "ended", reason: "logout" });
    await this.wipe();
  }

  /** Forget all that is kept of this person here. */
  async wipe(): Promise<void> {
    await this.stop();
    await this.db.delete();
  }

  stop(): Promise<void> {
    this.stopping ??= this.letGo();
    return this.stopping;
  }

  private async letGo(): Promise<void> {
    this.over.abort();
    this.drafts.clear();
    this.reads.clear();
    this.channel.post({ kind: "presence", tab: this.tab, status: "gone" });
    await this.leader?.stop();
    await this.leading;
    this.channel.close();
    this.db.close();
  }

  /** Have the connection until the engine stops. */
  private async lead(): Promise<void> {
    if (this.over.signal.aborted) return;
    const { credentials } = this.options;
    const leader = new Leader({
      store: this.store,
      url: webSocketUrl(this.options.origin),
      ticket: async () => (await this.callRest("realtime.ticket", {})).ticket,
      onConnection: (connection) => credentials.connected(connection),
      onEnded: (reason) => this.ended(reason),
      sessionId: () => credentials.sessionId(),
      wamp: this.options.wamp,
    });
    this.leader = leader;
    leader.setPresence(this.together());
    leader.start();
    await new Promise<void>((resolve) => this.over.signal.addEventListener("abort", () => resolve()));
    await leader.stop();
  }

  private ended(reason: string): void {
    this.channel.post({ kind: "ended", reason });
    this.options.onEnded(reason);
  }

  private async callRest<N extends OperationName>(
    name: N,
    params: ParamsOf<N>,
    signal?: AbortSignal,
  ): Promise<ResultOf<N>> {
    const { credentials, origin } = this.options;
    const options = { origin, signal };
    try {
      return await rest(name, params, { ...options, token: await credentials.accessToken() });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "unauthenticated") throw error;
      await credentials.renew();
      return rest(name, params, { ...options, token: await credentials.accessToken() });
    }
  }

  private hear(note: Note): void {
    const { leader } = this;
    if (note.kind === "ended") this.options.onEnded(note.reason);
    else if (note.kind === "presence") this.present(note.tab, note.status);
    else if (leader === undefined) return;
    else if (note.kind === "poke") leader.poke();
    else if (note.kind === "retry") leader.retry();
    else if (note.kind === "signal") this.passSignal(note.what, note.conversationId, note.active);
    else if (note.kind === "draft") this.passDraft(note.conversationId, note.text);
    else if (note.kind === "answer") {
      const taken = () => this.channel.post({ kind: "taken", id: note.id });
      void leader.absorb(note.name, note.params, note.answer).finally(taken);
    }
  }

  private poke(): void {
    if (this.leader !== undefined) this.leader.poke();
    else this.channel.post({ kind: "poke" });
  }

  private signals(what: "typing" | "recording"): Repeated {
    return new Repeated(SIGNAL_MS, (id, active) => this.passSignal(what, id, active));
  }

  private passSignal(what: "typing" | "recording", conversationId: string, active: boolean): void {
    if (this.leader === undefined) this.channel.post({ kind: "signal", what, conversationId, active });
    else void this.ifAccepted(conversationId, () => this.leader?.tell(`activity.${what}`, { conversationId, active }));
  }

  private passDraft(conversationId: string, text: string): void {
    const { leader } = this;
    if (leader === undefined) {
      this.channel.post({ kind: "draft", conversationId, text });
      return;
    }
    void this.ifAccepted(conversationId, async () => {
      const me = await this.store.meta("me");
      if (!me?.privacy.ghostTyping || !leader.connected) return;
      try {
        await leader.call("activity.draft", { conversationId, text });
      } catch (error) {
        // The other does not want it: nothing changes that before the next connection.
        if (error instanceof ApiError && error.code === "forbidden") this.undrafted.add(conversationId);
      }
    });
  }

  /** Who has asked to write, and who was asked, get no signs of each other. */
  private async ifAccepted(conversationId: string, act: () => void | Promise<void>): Promise<void> {
    const row = await this.db.conversations.get(conversationId);
    if (row?.status === "accepted") await act();
  }

  private async noteRead(conversationId: string, seq: number): Promise<void> {
    if (await noteRead(this.store, conversationId, seq)) this.poke();
  }

  private present(tab: string, status: "online" | "away" | "gone"): void {
    if (status === "gone") this.tabs.delete(tab);
    else this.tabs.set(tab, status);
    this.leader?.setPresence(this.together());
  }

  /** One is here when one is at any tab. */
  private together(): "online" | "away" {
    const all = [...this.tabs.values()];
    return all.length > 0 && all.every((status) => status === "away") ? "away" : "online";
  }
}

function webSocketUrl(origin = ""): string {
  const url = new URL("/ws", origin || globalThis.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
