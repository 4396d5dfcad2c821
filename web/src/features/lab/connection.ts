import { ApiError } from "../../api/errors.ts";
import { rest } from "../../api/rest.ts";
import type { Me, OperationName, Session } from "../../api/types.ts";
import { t } from "../../text/developer.ts";
import { WampClient, type WampState } from "../../wamp/client.ts";
import type { Payload } from "../../wamp/link.ts";
import { summaryOf, write } from "./log.ts";
import { slowSocket } from "./slow.ts";

export type Door = "wamp" | "rest";
export type Params = Record<string, unknown>;

export type Answer = { kind: "good"; ms: number; result: unknown } | { kind: "refused"; ms: number; error: ApiError };

/** What a pane shows of its connection. */
export interface ConnectionView {
  status: "connecting" | "connected" | "lost" | "offline" | "ended";
  /** The name of the connection, as the server calls it. */
  connection: string;
  /** How long the last answers took, oldest first. */
  latencies: readonly number[];
  slow: boolean;
}

/** How much longer everything takes over a slow network, each way. */
export const SLOW_MS = 800;
const LATENCIES = 40;
const BEAT_MS = 5_000;
/** So long before its end a token is renewed. */
const AHEAD_MS = 60_000;

/** Is told of what came by; the answer to a call has no topic. */
export type PayloadListener = (topic: string, payload: unknown) => void;

export interface ConnectionOptions {
  onView(view: ConnectionView): void;
  onPayload: PayloadListener;
}

/** A session of the lab's own, beside the one of this browser: its tokens are in memory, and no cookie knows of it. */
export class LabConnection {
  readonly user: Me;
  private view: ConnectionView = { status: "connecting", connection: "", latencies: [], slow: false };
  private session: Session;
  private client: WampClient | undefined;
  private renewing: ReturnType<typeof setTimeout> | undefined;
  private hasLooked = false;
  private beat: ReturnType<typeof setInterval> | undefined;
  private readonly listeners = new Set<PayloadListener>();

  constructor(
    session: Session,
    private readonly options: ConnectionOptions,
  ) {
    this.session = session;
    this.user = session.user;
    this.renewLater();
  }

  get state(): ConnectionView {
    return this.view;
  }

  /** Hear of all events and answers from now on. Answers what ends it. */
  listen(listener: PayloadListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Connect, also after {@link goOffline}. */
  goOnline(): void {
    if (this.client !== undefined || this.view.status === "ended") return;
    const client = new WampClient({
      url: webSocketUrl(),
      ticket: async (signal) => (await rest("realtime.ticket", {}, { ...this.credentials(), signal })).ticket,
      onState: (state) => this.became(client, state),
      WebSocket: slowSocket(() => (this.view.slow ? SLOW_MS : 0)),
    });
    client.subscribe("chatr", (topic, payload) => this.heard(topic, payload), "prefix");
    this.client = client;
    this.beat = setInterval(() => void this.measure(), BEAT_MS);
    client.start();
  }

  async goOffline(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    clearInterval(this.beat);
    this.show({ status: "offline", connection: "" });
    this.log("error", t.developer.lost, t.developer.wentOffline);
    client?.cut("offline");
    await client?.stop();
  }

  /** Break the connection; it comes back by itself. */
  drop(): void {
    this.client?.cut(t.developer.cutByLab);
  }

  setSlow(slow: boolean): void {
    this.show({ slow });
  }

  /** Make a call, and write down what becomes of it. `status`: of a good answer, as the contract says. */
  async call(door: Door, name: string, params: Params, status: number): Promise<Answer> {
    const began = performance.now();
    try {
      const result = await this.send(door, name, params);
      const ms = this.took(began);
      this.log("out", `${name} → ${status}`, t.developer.latency(ms), { params, result });
      this.pass("", result);
      return { kind: "good", ms, result };
    } catch (error) {
      const refusal = error instanceof ApiError ? error : new ApiError("internal", String(error));
      const ms = this.took(began);
      const { code, message } = refusal;
      this.log("error", `${name} ! ${code}`, [refusal.status || "", message].filter(Boolean).join(" · "), {
        params,
        error: problemOf(refusal),
      });
      return { kind: "refused", ms, error: refusal };
    }
  }

  /** End it, and the session on the server. */
  async close(): Promise<void> {
    clearTimeout(this.renewing);
    clearInterval(this.beat);
    const { client } = this;
    this.client = undefined;
    await client?.stop();
    if (this.view.status !== "ended") await rest("session.logout", {}, this.credentials()).catch(() => undefined);
  }

  /** The page goes away, and nobody can use this session any more. */
  leave(): void {
    if (this.view.status === "ended") return;
    const headers = { Authorization: `Bearer ${this.session.accessToken}`, "Content-Type": "application/json" };
    void fetch("/api/auth/logout", { method: "POST", headers, body: "{}", credentials: "omit", keepalive: true });
  }

  private send(door: Door, name: string, params: Params): Promise<unknown> {
    if (door === "wamp") {
      if (this.client === undefined) return Promise.reject(new ApiError("transport_lost", t.developer.states.offline));
      return this.client.call(`chatr.${name}`, params);
    }
    // The names and fields come from the contract at run time; types know only those of now.
    return rest(name as OperationName, params as never, this.credentials());
  }

  private credentials() {
    return { token: this.session.accessToken, connection: this.view.connection, apart: true };
  }

  private took(began: number): number {
    const ms = Math.round(performance.now() - began);
    this.show({ latencies: [...this.view.latencies, ms].slice(-LATENCIES) });
    return ms;
  }

  /** How long the way is, while nobody calls. */
  private async measure(): Promise<void> {
    if (this.client?.connected !== true || document.hidden) return;
    const began = performance.now();
    try {
      await this.client.call("chatr.oidc.providers", {});
      this.took(began);
    } catch {
      // The state says that it is lost.
    }
  }

  private heard(topic: string, payload: Payload): void {
    this.log("in", topic.replace(/^chatr\./, ""), summaryOf(payload), payload);
    this.pass(topic, payload);
  }

  private pass(topic: string, payload: unknown): void {
    this.options.onPayload(topic, payload);
    for (const listener of this.listeners) listener(topic, payload);
  }

  private became(client: WampClient, state: WampState): void {
    if (client !== this.client) return;
    switch (state.kind) {
      case "connecting":
        if (this.view.status !== "lost") this.show({ status: "connecting" });
        break;
      case "online":
        this.show({ status: "connected", connection: state.welcome.connection });
        this.log("out", t.developer.welcome, `ticket · ${state.welcome.connection.slice(0, 4)}`, state.welcome);
        this.look();
        break;
      case "offline":
        if (this.view.status === "connected") this.log("error", t.developer.lost, state.reason);
        this.show({ status: "lost", connection: "" });
        break;
      case "ended":
        clearTimeout(this.renewing);
        clearInterval(this.beat);
        this.log("error", t.developer.ended, state.reason);
        this.show({ status: "ended", connection: "" });
    }
  }

  /** See what there is at the first time, so that forms can offer it. */
  private look(): void {
    if (this.hasLooked) return;
    this.hasLooked = true;
    void this.call("wamp", "conversation.list", {}, 200);
  }

  private renewLater(): void {
    clearTimeout(this.renewing);
    this.renewing = setTimeout(() => void this.renew(), Math.max(this.session.expiresIn * 1000 - AHEAD_MS, 1_000));
  }

  private async renew(): Promise<void> {
    const { refreshToken } = this.session;
    try {
      this.session = await rest("session.refresh", { refreshToken }, this.credentials());
      this.renewLater();
    } catch (error) {
      this.log("error", "session.refresh", error instanceof ApiError ? error.code : "");
    }
  }

  private log(direction: "in" | "out" | "error", name: string, summary: string, payload: unknown = {}): void {
    write({ direction, who: this.user.username.replace(/^@/, ""), name, summary, payload });
  }

  private show(change: Partial<ConnectionView>): void {
    this.view = { ...this.view, ...change };
    this.options.onView(this.view);
  }
}

/** An error as the server wrote it. */
export function problemOf({ code, message, status, requestId, errors, retryAfter }: ApiError): Params {
  return {
    code,
    detail: message,
    ...(status > 0 && { status }),
    ...(requestId !== "" && { requestId }),
    ...(errors.length > 0 && { errors }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

function webSocketUrl(): string {
  const url = new URL("/ws", window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
