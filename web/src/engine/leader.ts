import { ApiError } from "../api/errors.ts";
import { passes, retryAfterMs } from "../api/patience.ts";
import type { OperationName, ParamsOf, ResultOf } from "../api/types.ts";
import type { Connection, OutgoingFile } from "../db/schema.ts";
import { Backoff } from "../wamp/backoff.ts";
import { WampClient, type WampOptions, type WampState } from "../wamp/client.ts";
import type { Payload, Welcome } from "../wamp/link.ts";
import { Feed } from "./feed.ts";
import type { Call } from "./friends.ts";
import { Marks } from "./marks.ts";
import { type HearsGroup, News } from "./news.ts";
import { Outbox } from "./outbox.ts";
import { quietly } from "./quietly.ts";
import { takeOut } from "./sends.ts";
import type { Store } from "./store.ts";
import type { Uploads, UploadsOptions } from "./uploads.ts";

export interface LeaderOptions {
  store: Store;
  url: string;
  ticket(signal: AbortSignal): Promise<string>;
  /** Hears of the WAMP connection that is open, by its name; empty: none is. */
  onConnection(name: string): void;
  /** Hears that the session has ended for good. */
  onEnded(reason: string): void;
  /** Hears what happens in a group, or in all. */
  onGroup: HearsGroup;
  /** Which session is ours: that others have ended is no news. */
  sessionId(): string;
  /** How files are brought to the server. */
  uploads: Omit<UploadsOptions, "db" | "onReady">;
  wamp?: Pick<WampOptions, "WebSocket" | "times" | "random">;
}

/** So long a call waits for a connection that is being made, before it goes another way. */
const OPENING_MS = 1_500;

/** Calls of which the event says more than an answer by REST, which comes at any time: up to which revision it is gone. */
const TOLD = new Set<OperationName>([
  "conversation.decline",
  "conversation.delete",
  "group.decline",
  "group.delete",
  "group.leave",
]);

/** The tab that has the connection: all that comes from the server passes here into the database, and all that waits out. */
export class Leader {
  private readonly wamp: WampClient;
  private readonly news: News;
  private readonly outbox: Outbox;
  private uploads: Promise<Uploads> | undefined;
  private readonly marks: Marks;
  private feed: Feed | undefined;
  private serving: Promise<void> = Promise.resolve();
  private writing: Promise<void> = Promise.resolve();
  private connection: Connection = { state: "connecting", since: Date.now(), synced: false };
  private revoked = "";
  private presence: "online" | "away" = "online";
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly options: LeaderOptions) {
    const { store } = options;
    this.marks = new Marks(store);
    this.news = new News(store, (conversationId) => this.marks.received(conversationId), options.onGroup);
    this.outbox = new Outbox(store.db, () => quietly(this.bring()));
    const onState = (state: WampState) => this.state(state);
    this.wamp = new WampClient({ url: options.url, ticket: options.ticket, onState, ...options.wamp });
    this.wamp.subscribe("chatr", (topic, payload) => this.heard(topic.replace(/^chatr\./, ""), payload), "prefix");
  }

  get connected(): boolean {
    return this.wamp.connected;
  }

  /** Whether it is connected; while it tries to be, the answer waits a moment. */
  async opening(): Promise<boolean> {
    if (this.connection.state !== "connecting" || this.connected) return this.connected;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, OPENING_MS);
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return this.connected;
  }

  start(): void {
    this.wamp.start();
  }

  async stop(): Promise<void> {
    await this.wamp.stop();
    this.gone();
    await this.serving;
    await this.writing;
    if (this.options.store.db.isOpen()) await this.news.activity.clear();
  }

  retry(): void {
    this.wamp.retry();
  }

  /** Break the connection, as a test and the lab do; it comes back. */
  cut(): void {
    this.wamp.cut("cut");
  }

  /** There is something in the outbox, or somebody has read something. */
  poke(): void {
    this.outbox.pump();
    this.marks.flush();
  }

  /** A message with a file was discarded. */
  drop(clientId: string, file: OutgoingFile): void {
    if (file.fileId !== undefined) this.tell("file.remove", { id: file.fileId });
    else quietly(this.uploading().then((uploads) => uploads.drop(clientId, file)));
  }

  /** Most visits send no file, and need not know how that is done. */
  private uploading(): Promise<Uploads> {
    const { store, uploads } = this.options;
    const make = async () => {
      const module = await import("./uploads.ts");
      return new module.Uploads({ ...uploads, db: store.db, onReady: () => this.outbox.pump() });
    };
    this.uploads ??= make().catch((error: unknown) => {
      this.uploads = undefined;
      throw error;
    });
    return this.uploads;
  }

  private async bring(): Promise<void> {
    const uploads = await this.uploading();
    if (this.connected) uploads.look();
  }

  setPresence(status: "online" | "away"): void {
    if (status === this.presence) return;
    this.presence = status;
    this.tell("presence.set", { status });
  }

  /** Call for what is worth nothing later: without a connection, or refused, it is forgotten. */
  tell<N extends OperationName>(name: N, params: ParamsOf<N>): void {
    if (this.connected) quietly(this.over(name, params));
  }

  /** Call over the connection; what that changes is in the database when it resolves. */
  async call<N extends OperationName>(name: N, params: ParamsOf<N>, signal?: AbortSignal): Promise<ResultOf<N>> {
    const { feed } = this;
    const answer = await this.over(name, params, signal);
    if (feed !== undefined) await new Promise<void>((done) => feed.put({ kind: "answer", name, params, answer, done }));
    return answer;
  }

  /** Take what a call over REST answered, of this tab or another. */
  async absorb(name: OperationName, params: unknown, answer: unknown): Promise<void> {
    const { feed } = this;
    if (feed === undefined || TOLD.has(name)) await this.news.shown(name, answer);
    else await new Promise<void>((done) => feed.put({ kind: "answer", name, params, answer, done }));
  }

  private over<N extends OperationName>(name: N, params: ParamsOf<N>, signal?: AbortSignal): Promise<ResultOf<N>> {
    return this.wamp.call(`chatr.${name}`, params as Payload, signal) as Promise<ResultOf<N>>;
  }

  private heard(name: string, payload: Payload): void {
    if (name === "session.revoked" && payload.sessionId === this.options.sessionId()) {
      this.revoked = String(payload.reason);
    }
    this.feed?.put({ kind: "event", name, data: payload });
  }

  private state(state: WampState): void {
    if (state.kind === "online") {
      // Without an epoch the server does not know its database yet.
      if (state.welcome.epoch === "") this.wamp.cut("no epoch");
      else this.opened(state.welcome);
      return;
    }
    this.gone();
    const since = this.connection.state === "online" ? Date.now() : this.connection.since;
    if (state.kind === "connecting") this.show({ state: "connecting", since, synced: false });
    else if (state.kind === "offline") this.show({ state: "offline", since, retryAt: state.retryAt, synced: false });
    else {
      const reason = this.revoked || state.reason;
      this.show({ state: "ended", since, reason, synced: false });
      this.options.onEnded(reason);
    }
  }

  private opened(welcome: Welcome): void {
    const feed = new Feed(this.news, this.patient(), () => this.show({ ...this.connection, synced: true }));
    this.feed = feed;
    this.show({ state: "online", since: Date.now(), synced: false });
    this.options.onConnection(welcome.connection);
    // What the last connection has in hand is finished first.
    this.serving = this.serving.then(async () => {
      await this.news.activity.clear();
      await feed.run(welcome.epoch);
    });
    this.serving = this.serving.catch((error: unknown) => {
      if (this.feed !== feed) return;
      if (!(error instanceof ApiError)) console.error("chatr: what happened could not be handled", error);
      this.wamp.cut("not handled");
    });
    this.outbox.open(async (params) => {
      await this.call("message.send", params);
      await takeOut(this.options.store.db, [params.clientId]);
    });
    quietly(this.uploads?.then((uploads) => uploads.open()));
    quietly(this.marks.open((name, params) => this.call(name, params)));
    if (this.presence === "away") this.tell("presence.set", { status: "away" });
  }

  private gone(): void {
    this.feed?.close();
    this.feed = undefined;
    this.outbox.close();
    quietly(this.uploads?.then((uploads) => uploads.close()));
    this.marks.close();
    this.options.onConnection("");
  }

  /** Repeats what is refused for a reason that passes, over the same connection: a new one would cost the server more. */
  private patient(): Call {
    const backoff = new Backoff(500, 15_000);
    return async (name, params) => {
      for (;;) {
        try {
          const answer = await this.over(name, params);
          backoff.reset();
          return answer;
        } catch (error) {
          if (!passes(error) || (error as ApiError).code === "transport_lost") throw error;
          await new Promise((resolve) => setTimeout(resolve, retryAfterMs(error) + backoff.delayMs()));
        }
      }
    };
  }

  private show(connection: Connection): void {
    this.connection = connection;
    if (connection.state !== "connecting") for (const told of this.waiting.splice(0)) told();
    this.writing = this.writing.then(() => this.options.store.setMeta("connection", connection)).catch(() => undefined);
  }
}
