import type { Events, OperationName, ParamsOf, ResultOf } from "../api/types.ts";
import type { SettingImage } from "../api/upload.ts";
import type { ChatrDatabase } from "../db/schema.ts";
import type { AlbumOptions, NewFile } from "./sends.ts";

type ToldOfGroups =
  | "group.member_joined"
  | "group.member_left"
  | "group.member_removed"
  | "group.role_changed"
  | "group.updated"
  | "group.join_requested"
  | "group.invite_declined"
  | "group.invite_revoked"
  | "message.receipts";

/** What the server tells of a group. `sync.changes`: there was no connection for a while, anything may have happened. */
export type GroupEvent =
  | { [N in ToldOfGroups]: { event: N; data: Events[`chatr.${N}`] } }[ToldOfGroups]
  | { event: "sync.changes"; data: Record<never, never> };

/** What components ask for. Whatever it changes they read in the database, by live queries. */
export interface Engine {
  readonly userId: string;
  readonly db: ChatrDatabase;

  /**
   * Call an operation: over the socket where this tab leads and is connected, else by REST. What the result and its
   * events change is in the database when it resolves. Rejects with `ApiError`.
   */
  call<N extends OperationName>(name: N, params: ParamsOf<N>, signal?: AbortSignal): Promise<ResultOf<N>>;

  /** Hear what happens in a group, once it is in the database; answers how to stop that. */
  onGroup(groupId: string, listener: (told: GroupEvent) => void): () => void;

  /** Queue a message; it is in the outbox when this resolves, and sent in order. Answers its `clientId`. */
  send(target: string, content: string, options?: { replyToId?: string }): Promise<string>;
  /**
   * Queue files, of which the first has the caption; several are an album. Each is a message of its own, that is sent
   * when its file is at the server: progress.ts says how far that is. Rejects when there is no room for them here.
   */
  sendFiles(target: string, files: readonly NewFile[], options?: AlbumOptions): Promise<string[]>;
  retry(clientId: string): Promise<void>;
  /** Forget what waits to be sent; of a file that is on its way the server hears so. */
  discard(clientId: string): Promise<void>;

  /** Have the server take an image: an operation that REST alone has, with the image in a field of a form. */
  setImage(
    name: string,
    params: Record<string, unknown>,
    field: string,
    image: Blob,
    options: SettingImage,
  ): Promise<void>;

  /** Bring the messages around a place here: a page before or after what is there, or around a seq. */
  loadBefore(conversationId: string, seq: number): Promise<void>;
  loadAfter(conversationId: string, seq: number): Promise<void>;
  loadAround(conversationId: string, seq: number): Promise<void>;

  /** Say how far somebody has read. Repeated and smaller ones cost nothing. */
  markRead(conversationId: string, seq: number): void;
  /** Say that somebody types (or records, or what they are about to write): passed on as often as the server takes it. */
  typing(conversationId: string, active: boolean): void;
  recording(conversationId: string, active: boolean): void;
  draft(conversationId: string, text: string): void;

  /** Whether somebody looks at this tab. */
  setPresence(status: "online" | "away"): void;
  retryConnection(): void;

  /** End the session here and at the server, and wipe all that is kept. */
  signOut(): Promise<void>;
  /** Let go of the socket and the lock; the database stays. */
  stop(): Promise<void>;
}
