import { ApiError, transportLost } from "../api/errors.ts";
import type { Serializer, WampMessage } from "./serializer.ts";

const HELLO = 1;
const WELCOME = 2;
const ABORT = 3;
const CHALLENGE = 4;
const AUTHENTICATE = 5;
const GOODBYE = 6;
const ERROR = 8;
const SUBSCRIBE = 32;
const SUBSCRIBED = 33;
const UNSUBSCRIBE = 34;
const UNSUBSCRIBED = 35;
const EVENT = 36;
const CALL = 48;
const CANCEL = 49;
const RESULT = 50;

const ROLES = {
  caller: { features: { call_canceling: true } },
  subscriber: { features: { pattern_based_subscription: true } },
};
const PREFIX = "chatr.error.";

export type Payload = Record<string, unknown>;
export type Match = "exact" | "prefix" | "wildcard";

/** What WELCOME says: whose session it is, the name that REST calls know it by, and which history the server has. */
export interface Welcome {
  authid: string;
  connection: string;
  epoch: string;
}

export interface LinkOptions {
  url: string;
  realm: string;
  ticket: string;
  serializer: Serializer;
  WebSocket: typeof WebSocket;
  /** An event of a subscription, by the number that {@link Link.subscribe} answered. */
  onEvent(subscription: number, topic: string, payload: Payload): void;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** One WAMP session over one WebSocket, from its beginning to its end. */
export class Link {
  readonly welcomed: Promise<Welcome>;
  /** Resolves with a reason when it is gone; never rejects. */
  readonly closed: Promise<string>;
  /** When something came last (milliseconds since 1970). */
  heardAt = Date.now();
  ended = false;

  private readonly socket: WebSocket;
  private readonly pending = new Map<number, Pending>();
  private lastRequest = 0;
  private welcome!: Pending;
  private close!: (reason: string) => void;

  constructor(private readonly options: LinkOptions) {
    this.welcomed = new Promise((resolve, reject) => {
      this.welcome = { resolve: resolve as Pending["resolve"], reject };
    });
    // Whoever looks at `closed` only must not be told of it twice.
    this.welcomed.catch(() => undefined);
    this.closed = new Promise((resolve) => {
      this.close = resolve;
    });
    this.socket = new options.WebSocket(options.url, options.serializer.subprotocol);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () =>
      this.send([HELLO, options.realm, { authmethods: ["ticket"], roles: ROLES, agent: "chatr-web" }]);
    this.socket.onmessage = (event) => this.received(event.data);
    this.socket.onerror = () => this.end(transportLost("The connection failed"));
    this.socket.onclose = (event) => this.end(transportLost(event.reason || "The connection was lost"));
  }

  /** Call a procedure. Rejects with {@link ApiError}, or with the reason of `signal`. */
  call(procedure: string, payload: Payload, signal?: AbortSignal): Promise<Payload> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const request = this.request();
    const answer = this.asked<Payload>(request, [CALL, request, {}, procedure, [], payload]);
    if (signal === undefined) return answer;
    const abort = () => {
      const call = this.pending.get(request);
      if (call === undefined) return;
      this.pending.delete(request);
      this.send([CANCEL, request, { mode: "kill" }]);
      call.reject(signal.reason);
    };
    signal.addEventListener("abort", abort);
    return answer.finally(() => signal.removeEventListener("abort", abort));
  }

  /** Subscribe; `known` is told the number before the first event can come. The same topic again has the same number. */
  subscribe(topic: string, match: Match, known: (subscription: number) => void): Promise<void> {
    const request = this.request();
    return this.asked<void>(request, [SUBSCRIBE, request, { match }, topic], (id) => known(id as number));
  }

  unsubscribe(subscription: number): Promise<void> {
    const request = this.request();
    return this.asked<void>(request, [UNSUBSCRIBE, request, subscription]);
  }

  /** End it politely: what waits for an answer is told at once. */
  leave(): void {
    if (this.ended) return;
    this.send([GOODBYE, {}, "wamp.close.close_realm"]);
    this.end(transportLost("The session was closed"));
  }

  /** End it without a word. */
  cut(reason: string): void {
    this.end(transportLost(reason));
  }

  private request(): number {
    this.lastRequest += 1;
    return this.lastRequest;
  }

  private asked<T>(request: number, message: WampMessage, before?: (value: unknown) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.ended) {
        reject(transportLost());
        return;
      }
      const done = (value: unknown) => {
        before?.(value);
        resolve(value as T);
      };
      this.pending.set(request, { resolve: done, reject });
      this.send(message);
    });
  }

  private send(message: WampMessage): void {
    if (this.socket.readyState === 1) this.socket.send(this.options.serializer.encode(message));
  }

  private received(data: string | ArrayBuffer): void {
    if (this.ended) return;
    this.heardAt = Date.now();
    try {
      this.handle(this.options.serializer.decode(data));
    } catch (error) {
      this.end(transportLost(String(error)));
    }
  }

  private handle([type, ...rest]: WampMessage): void {
    switch (type) {
      case CHALLENGE:
        this.send([AUTHENTICATE, this.options.ticket, {}]);
        break;
      case WELCOME:
        this.welcome.resolve(welcomeOf(rest[1] as Payload));
        break;
      case ABORT:
      case GOODBYE:
        this.end(refusalOf(rest[1] as string, rest[0] as Payload));
        break;
      case EVENT: {
        const [subscription, , details, , payload] = rest as [number, number, Payload, unknown, Payload?];
        this.options.onEvent(subscription, String(details.topic ?? ""), payload ?? {});
        break;
      }
      case RESULT:
        this.answered(rest[0] as number, (rest[3] ?? {}) as Payload);
        break;
      case SUBSCRIBED:
        this.answered(rest[0] as number, rest[1]);
        break;
      case UNSUBSCRIBED:
        this.answered(rest[0] as number, undefined);
        break;
      case ERROR: {
        const [, request, , uri, , payload] = rest as [number, number, Payload, string, unknown, Payload?];
        const asked = this.pending.get(request);
        this.pending.delete(request);
        asked?.reject(refusalOf(uri, payload ?? {}));
      }
    }
  }

  private answered(request: number, value: unknown): void {
    const asked = this.pending.get(request);
    this.pending.delete(request);
    asked?.resolve(value);
  }

  private end(error: ApiError): void {
    if (this.ended) return;
    this.ended = true;
    this.socket.onmessage = null;
    if (this.socket.readyState <= 1) this.socket.close();
    this.welcome.reject(error);
    for (const asked of this.pending.values()) asked.reject(transportLost(error.message));
    this.pending.clear();
    this.close(error.code === "transport_lost" ? error.message : error.code);
  }
}

function welcomeOf(details: Payload): Welcome {
  return {
    authid: String(details.authid ?? ""),
    connection: String(details.connection ?? ""),
    epoch: String(details.epoch ?? ""),
  };
}

function refusalOf(uri: string, payload: Payload): ApiError {
  if (typeof payload.code === "string") return ApiError.from(payload);
  const detail = typeof payload.message === "string" ? payload.message : "";
  return new ApiError(uri.startsWith(PREFIX) ? uri.slice(PREFIX.length) : uri, detail);
}
