import { ApiError, transportLost } from "../api/errors.ts";
import { requestOf, rest } from "../api/rest.ts";
import type { OperationName, ParamsOf, ResultOf } from "../api/types.ts";
import { openOrRebuild } from "../db/open.ts";
import { ChatrDatabase } from "../db/schema.ts";
import { Attendance } from "./attendance.ts";
import { Channel, type Note } from "./channel.ts";
import type { Engine, GroupEvent } from "./engine.ts";
import { GroupListeners } from "./group-listeners.ts";
import { History } from "./history.ts";
import { Leader } from "./leader.ts";
import { noteRead } from "./marks.ts";
import { type EngineOptions, webSocketUrl } from "./options.ts";
import { noteProgress } from "./progress.ts";
import { quietly } from "./quietly.ts";
import { type AlbumOptions, again, albumsOf, type NewFile, type NewMessage, queue, takeOut } from "./sends.ts";
import { Signals } from "./signals.ts";
import { Store } from "./store.ts";
import { Throttle } from "./throttle.ts";
import { uuid } from "./uuid.ts";

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
  private readonly attendance = new Attendance();
  private readonly signals: Signals;
  private readonly groups = new GroupListeners();
  private readonly readTo = new Map<string, number>();
  private readonly reads = new Throttle<number>(READ_MS, (id, seq) => quietly(this.noteRead(id, seq)));

  constructor(private readonly options: EngineOptions) {
    this.userId = options.userId;
    this.db = options.database ?? new ChatrDatabase(options.userId);
    this.store = new Store(this.db, options.userId);
    this.channel = new Channel(this.db.name, (note) => this.hear(note));
    const led = () => this.leader;
    this.signals = new Signals(this.store, led, (note) => this.channel.post(note));
    this.history = new History(this.store, (name, params) => this.call(name, params));
  }

  /** Lead, or follow whoever does until they are gone. Resolves when the database is open, and that is decided. */
  async start(): Promise<void> {
    const { locks } = this.options;
    await openOrRebuild(this.db, locks);
    if (locks === undefined) this.leading = this.lead();
    else await new Promise<void>((decided) => this.leadOrFollow(locks, decided));
  }

  private leadOrFollow(locks: Pick<LockManager, "request">, decided: () => void): void {
    const { name } = this.db;
    const { signal } = this.over;
    const begun = locks.request(name, { ifAvailable: true }, (lock) => {
      decided();
      return lock === null ? locks.request(name, { signal }, () => this.lead()) : this.lead();
    });
    this.leading = begun.catch(() => undefined);
  }

  call<N extends OperationName>(name: N, params: ParamsOf<N>, signal?: AbortSignal): Promise<ResultOf<N>> {
    return this.unlessStopped(this.callNow(name, params, signal));
  }

  /** Under what is under way when the engine stops the database is closed. */
  private async unlessStopped<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw this.over.signal.aborted ? transportLost("Stopped") : error;
    }
  }

  private async callNow<N extends OperationName>(
    name: N,
    params: ParamsOf<N>,
    signal?: AbortSignal,
  ): Promise<ResultOf<N>> {
    const { leader } = this;
    if (leader !== undefined && (await leader.opening())) return leader.call(name, params, signal);
    const answer = await this.callRest(name, params, signal);
    if (leader === undefined) await this.channel.hand(name, params, answer);
    else await leader.absorb(name, params, answer);
    return answer;
  }

  onGroup(groupId: string, listener: (told: GroupEvent) => void): () => void {
    return this.groups.add(groupId, listener);
  }

  async send(target: string, content: string, options: { replyToId?: string } = {}): Promise<string> {
    const [clientId = ""] = await this.queue(target, [{ content, ...options }]);
    return clientId;
  }

  sendFiles(target: string, files: readonly NewFile[], options: AlbumOptions = {}): Promise<string[]> {
    return this.queue(target, albumsOf(files, options));
  }

  private async queue(target: string, messages: readonly NewMessage[]): Promise<string[]> {
    const clientIds = await queue(this.db, target, messages);
    this.poke();
    return clientIds;
  }

  async retry(clientId: string): Promise<void> {
    await again(this.db, clientId);
    this.poke();
  }

  async discard(clientId: string): Promise<void> {
    const file = (await this.db.outbox.get(clientId))?.file;
    await takeOut(this.db, [clientId]);
    // The rest of an album may have waited for it.
    this.poke();
    if (file === undefined) return;
    if (this.leader !== undefined) this.leader.drop(clientId, file);
    else this.channel.post({ kind: "dropped", clientId, file });
  }

  async setImage(...[name, params, field, image, options]: Parameters<Engine["setImage"]>): Promise<void> {
    const { upload } = await import("../api/upload.ts");
    const { credentials, origin } = this.options;
    await upload(requestOf(name, params).url, field, image, { ...options, origin, credentials });
  }

  loadBefore(conversationId: string, seq: number): Promise<void> {
    return this.unlessStopped(this.history.before(conversationId, seq));
  }

  loadAfter(conversationId: string, seq: number): Promise<void> {
    return this.unlessStopped(this.history.after(conversationId, seq));
  }

  loadAround(conversationId: string, seq: number): Promise<void> {
    return this.unlessStopped(this.history.around(conversationId, seq));
  }

  markRead(conversationId: string, seq: number): void {
    const upTo = Math.max(seq, this.readTo.get(conversationId) ?? 0);
    this.readTo.set(conversationId, upTo);
    this.reads.put(conversationId, upTo);
  }

  typing(conversationId: string, active: boolean): void {
    this.signals.typing(conversationId, active);
  }

  recording(conversationId: string, active: boolean): void {
    this.signals.recording(conversationId, active);
  }

  draft(conversationId: string, text: string): void {
    this.signals.draft(conversationId, text);
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
    this.signals.stop();
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
      ticket: async (signal) => (await this.callRest("realtime.ticket", {}, signal)).ticket,
      onConnection: (connection) => credentials.connected(connection),
      onEnded: (reason) => this.ended(reason),
      onGroup: (groupId, told) => {
        this.groups.tell(groupId, told);
        this.channel.post({ kind: "group", groupId, told });
      },
      sessionId: () => credentials.sessionId(),
      uploads: {
        origin: this.options.origin ?? "",
        accessToken: () => credentials.accessToken(),
        renew: () => credentials.renew(),
        means: this.options.tus,
        onProgress: (clientId, progress) => {
          noteProgress(clientId, progress);
          this.channel.post({ kind: "progress", clientId, progress });
        },
      },
      wamp: this.options.wamp,
    });
    this.leader = leader;
    leader.setPresence(this.attendance.together());
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
    // Where there is none to be had it is not asked for once more.
    const token = await credentials.accessToken();
    try {
      return await rest(name, params, { ...options, token });
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
    else if (note.kind === "group") this.groups.tell(note.groupId, note.told);
    else if (note.kind === "progress") noteProgress(note.clientId, note.progress);
    else if (leader === undefined) return;
    else if (note.kind === "poke") leader.poke();
    else if (note.kind === "dropped") leader.drop(note.clientId, note.file);
    else if (note.kind === "retry") leader.retry();
    else if (note.kind === "signal" || note.kind === "draft") this.signals.pass(note);
    else if (note.kind === "answer") {
      const taken = () => this.channel.post({ kind: "taken", id: note.id });
      quietly(leader.absorb(note.name, note.params, note.answer).finally(taken));
    }
  }

  private poke(): void {
    if (this.leader !== undefined) this.leader.poke();
    else this.channel.post({ kind: "poke" });
  }

  private async noteRead(conversationId: string, seq: number): Promise<void> {
    if (await noteRead(this.store, conversationId, seq)) this.poke();
  }

  private present(tab: string, status: "online" | "away" | "gone"): void {
    const together = this.attendance.note(tab, status);
    this.leader?.setPresence(together);
  }
}
