import { ApiError, transportLost } from "../api/errors.ts";
import { passes } from "../api/patience.ts";
import { Backoff } from "./backoff.ts";
import { Link, type Match, type Payload, type Welcome } from "./link.ts";
import { json, type Serializer } from "./serializer.ts";

export type WampState =
  | { kind: "connecting" }
  /** Subscribed, and open. */
  | { kind: "online"; welcome: Welcome }
  /** `retryAt`: when it tries again (milliseconds since 1970). */
  | { kind: "offline"; reason: string; retryAt: number }
  /** For good. */
  | { kind: "ended"; reason: string };

export type Handler = (topic: string, payload: Payload) => void;

export interface WampOptions {
  url: string;
  realm?: string;
  /**
   * A fresh ticket that works once, asked for at each connect. What it rejects with ends the client, unless it passes.
   * `signal`: nobody waits for this one any more.
   */
  ticket(signal: AbortSignal): Promise<string>;
  onState(state: WampState): void;
  serializer?: Serializer;
  WebSocket?: typeof WebSocket;
  random?: () => number;
  times?: Partial<Times>;
}

export interface Times {
  firstMs: number;
  lastMs: number;
  /** A connection that lasted so long was a good one: the next try comes soon. */
  goodMs: number;
  /** Silence after which the other side is asked for a sign, and how long it has for that. */
  silenceMs: number;
  answerMs: number;
  /** How long it has where there is a reason to doubt, as after a sleep. */
  doubtMs: number;
  /** How long a connect may take, with its ticket. */
  connectMs: number;
  /** A try that is younger is not given up for another when somebody asks for one. */
  youngMs: number;
}

const TIMES: Times = {
  firstMs: 500,
  lastMs: 30_000,
  goodMs: 20_000,
  silenceMs: 20_000,
  answerMs: 10_000,
  doubtMs: 3_000,
  connectMs: 15_000,
  youngMs: 1_000,
};
const DENIED = "wamp.error.authentication_denied";

interface Topic {
  name: string;
  match: Match;
  handlers: Set<Handler>;
  /** Of the link that is open. */
  subscription?: number;
}

/** Stays connected, whatever happens; nothing is sent behind the caller's back. */
export class WampClient {
  private readonly options: Required<Omit<WampOptions, "times">>;
  private readonly times: Times;
  private readonly backoff: Backoff;
  private readonly topics = new Map<string, Topic>();
  private link: Link | undefined;
  private isOnline = false;
  private stopped = false;
  private denied = false;
  private wake: (() => void) | undefined;
  /** The try that is under way. */
  private attempt: { began: number; giveUp(reason: string): void } | undefined;
  /** Whether the next try follows the one under way at once. */
  private hurried = false;
  private running: Promise<void> | undefined;

  constructor(options: WampOptions) {
    const WebSocketClass = options.WebSocket ?? globalThis.WebSocket;
    this.options = { realm: "chatr", serializer: json, random: Math.random, ...options, WebSocket: WebSocketClass };
    this.times = { ...TIMES, ...options.times };
    this.backoff = new Backoff(this.times.firstMs, this.times.lastMs, this.options.random);
  }

  get connected(): boolean {
    return this.isOnline;
  }

  start(): void {
    if (this.running !== undefined) return;
    globalThis.addEventListener?.("online", this.back);
    globalThis.addEventListener?.("offline", this.lost);
    globalThis.document?.addEventListener("visibilitychange", this.seen);
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    globalThis.removeEventListener?.("online", this.back);
    globalThis.removeEventListener?.("offline", this.lost);
    globalThis.document?.removeEventListener("visibilitychange", this.seen);
    this.link?.leave();
    this.attempt?.giveUp("stopped");
    this.wake?.();
    await this.running;
  }

  /** Try at once, and soon again should that fail; what seems to be open has to show that it is. */
  retry = (): void => this.again(this.times.youngMs);

  /** End the connection as if it had broken; it comes back. */
  cut(reason: string): void {
    this.link?.cut(reason);
  }

  /** Call once. Rejects with {@link ApiError}: `transport_lost` also when the connection breaks under it. */
  call(procedure: string, payload: Payload, signal?: AbortSignal): Promise<Payload> {
    if (this.link === undefined || !this.isOnline) return Promise.reject(transportLost("Not connected"));
    return this.link.call(procedure, payload, signal);
  }

  /** Hear a topic, over this connection and all that follow; answers how to end that. */
  subscribe(name: string, handler: Handler, match: Match = "exact"): () => void {
    const key = `${match} ${name}`;
    let topic = this.topics.get(key);
    if (topic === undefined) {
      topic = { name, match, handlers: new Set() };
      this.topics.set(key, topic);
      if (this.link !== undefined && this.isOnline) this.subscribeAt(this.link, topic).catch(() => undefined);
    }
    topic.handlers.add(handler);
    return () => this.unsubscribe(key, handler);
  }

  private unsubscribe(key: string, handler: Handler): void {
    const topic = this.topics.get(key);
    if (topic === undefined || !topic.handlers.delete(handler) || topic.handlers.size > 0) return;
    this.topics.delete(key);
    if (topic.subscription !== undefined) this.link?.unsubscribe(topic.subscription).catch(() => undefined);
  }

  private subscribeAt(link: Link, topic: Topic): Promise<void> {
    return link.subscribe(topic.name, topic.match, (id) => {
      topic.subscription = id;
    });
  }

  /** Somebody looks again, maybe after the machine slept, in which no timer ran. */
  private seen = (): void => {
    if (globalThis.document.visibilityState === "visible") this.retry();
  };

  private lost = (): void => this.link?.cut("The network is off");

  /** What began without a network may hang for long, and say nothing of this one. */
  private back = (): void => this.again(0);

  private again(youngMs: number): void {
    this.backoff.reset();
    if (this.link !== undefined && this.isOnline) void this.probe(this.link, this.times.doubtMs);
    else if (this.wake !== undefined) this.wake();
    else {
      this.hurried = true;
      const { attempt } = this;
      if (attempt !== undefined && Date.now() - attempt.began >= youngMs) attempt.giveUp("Begun anew");
    }
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const began = Date.now();
      this.options.onState({ kind: "connecting" });
      const reason = await this.connection();
      this.isOnline = false;
      this.link = undefined;
      for (const topic of this.topics.values()) topic.subscription = undefined;
      if (reason instanceof ApiError) {
        this.stopped = true;
        this.options.onState({ kind: "ended", reason: reason.code });
        return;
      }
      if (this.stopped) return;
      if (Date.now() - began > this.times.goodMs) this.backoff.reset();
      const delay = this.hurried ? 0 : this.backoff.delayMs();
      this.hurried = false;
      this.options.onState({ kind: "offline", reason, retryAt: Date.now() + delay });
      await this.pause(delay);
    }
  }

  /** One connection; answers why it ended, by an error when there will be no other. */
  private async connection(): Promise<string | ApiError> {
    const over = new AbortController();
    const giveUp = (reason: string) => over.abort(transportLost(reason));
    this.attempt = { began: Date.now(), giveUp };
    const late = setTimeout(giveUp, this.times.connectMs, "The server does not answer");
    let beat: ReturnType<typeof setInterval> | undefined;
    try {
      const link = await this.opened(over.signal);
      clearTimeout(late);
      this.attempt = undefined;
      beat = this.watch(link);
      return await link.closed;
    } catch (error) {
      return this.failed(error);
    } finally {
      this.attempt = undefined;
      clearTimeout(late);
      clearInterval(beat);
    }
  }

  /** A link that is open and subscribed, unless `over` comes before; then there is none. */
  private async opened(over: AbortSignal): Promise<Link> {
    const ticket = await unless(over, this.options.ticket(over));
    const link = this.open(ticket);
    try {
      const welcome = await unless(over, link.welcomed);
      this.denied = false;
      await unless(over, Promise.all([...this.topics.values()].map((topic) => this.subscribeAt(link, topic))));
      this.isOnline = true;
      this.hurried = false;
      this.options.onState({ kind: "online", welcome });
      return link;
    } catch (error) {
      link.cut("given up");
      throw error;
    }
  }

  private open(ticket: string): Link {
    const { url, realm, serializer } = this.options;
    this.link = new Link({
      url,
      realm,
      ticket,
      serializer,
      WebSocket: this.options.WebSocket,
      onEvent: (subscription, name, payload) => {
        for (const topic of this.topics.values()) {
          if (topic.subscription !== subscription) continue;
          for (const handler of [...topic.handlers]) handler(name || topic.name, payload);
        }
      },
    });
    return this.link;
  }

  private failed(error: unknown): string | ApiError {
    if (!(error instanceof ApiError)) return String(error);
    if (error.code === DENIED) {
      // A ticket may have come too late; the next one will not.
      const again = this.denied;
      this.denied = true;
      return again ? error : error.code;
    }
    // What the session itself was refused for is the server's state, which passes.
    return passes(error) || error.code.includes(".") ? error.code : error;
  }

  /** Ask for a sign when it has been silent for long: browsers have no ping, and a dead network says nothing. */
  private watch(link: Link): ReturnType<typeof setInterval> {
    return setInterval(() => {
      if (Date.now() - link.heardAt > this.times.silenceMs) void this.probe(link, this.times.answerMs);
    }, this.times.silenceMs / 4);
  }

  private probing: Link | undefined;

  private async probe(link: Link, answerMs: number): Promise<void> {
    const [topic] = this.topics.values();
    if (topic === undefined || this.probing === link) return;
    this.probing = link;
    const late = setTimeout(() => link.cut("The server does not answer"), answerMs);
    try {
      // What is subscribed already costs the server nothing.
      await link.subscribe(topic.name, topic.match, () => undefined);
    } catch {
      // It is over, or refused: an answer either way.
    } finally {
      clearTimeout(late);
      this.probing = undefined;
    }
  }

  private pause(delayMs: number): Promise<void> {
    return new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    }).then(() => {
      this.wake = undefined;
    });
  }
}

/** What comes of `work`, or why nobody waits for it any more. */
function unless<T>(over: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(over.reason);
    if (over.aborted) leave();
    over.addEventListener("abort", leave);
    work.then(resolve, reject).finally(() => over.removeEventListener("abort", leave));
  });
}
