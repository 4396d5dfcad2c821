import Dexie, { type EntityTable, type Table } from "dexie";
import type { Conversation, Friendship, GroupInvite, Me, Message, PresenceState, User } from "../api/types.ts";

/**
 * A conversation as the server shows it, and how much of it is here. That of a group has the watermarks of all others
 * too, as far as they are known: no view has them.
 */
export interface ConversationRow extends Conversation {
  /** The last log entry that is applied here; what is above is missing still. */
  logSeq: number;
  /** 1 while the caller has to answer a request, and for indexes: IndexedDB has no booleans. */
  request: 0 | 1;
  /** Of which head the server's `lastMessage` and `unreadCount` were: entries up to there change them no more. */
  viewSeq: number;
  /** Up to where somebody has read here that the server has not heard of yet. */
  pendingRead?: number;
}

/**
 * An unbroken stretch of a conversation's log that is here, both ends included. One that is not behind the row's
 * `logSeq` has the newest messages, one with `fromSeq` 1 the oldest that the person may see.
 */
export interface Stretch {
  conversationId: string;
  fromSeq: number;
  toSeq: number;
}

/** A file on its way: what is known of it. Its bytes are a row of `blobs`, which are written once, not with each change here. */
export interface OutgoingFile {
  name: string;
  /** In bytes. */
  size: number;
  /** By its ending, as far as the browser knows. */
  mimeType: string;
  /** Of an image or a video, in pixels, as far as the browser could tell. */
  width?: number;
  height?: number;
  /** Of what is heard, in seconds. */
  duration?: number;
  /** As the recorder heard it: 100 numbers from 0 to 1. */
  waveform?: number[];
  /** Where its upload goes on, once it has begun. */
  uploadUrl?: string;
  /** What the server knows it by, once all of it is there. */
  fileId?: string;
}

/** The bytes of a file that waits to be sent. */
export interface BlobRow {
  clientId: string;
  blob: Blob;
}

/** A send that is not acknowledged yet. */
export interface OutboxRow {
  clientId: string;
  /** Order of sending, over all conversations: given by the database. */
  order?: number;
  /** `conversation:<id>`, or `person:<id>` while there is no conversation with somebody. */
  target: string;
  /** With a file it is the caption, and may be empty. */
  content: string;
  file?: OutgoingFile;
  /** The same for files that are sent together. */
  groupId?: string;
  replyToId?: string;
  createdAt: string;
  state: "waiting" | "sending" | "failed";
  /** The code and the sentence of a refusal; of a file that is too large what the server takes, in bytes. */
  error?: { code: string; detail: string; retryAfter?: number; limit?: number };
}

export interface PersonRow extends User {
  /** The friendship with them, or the request either way, if there is one: `accepted` or `pending`. */
  friendship?: Friendship;
  friendSince?: string;
  blockedByMe?: boolean;
  blockedSince?: string;
  /** Of which revisions these are. */
  friendshipRevision?: number;
  blockRevision?: number;
}

/** A conversation that is no more, up to which revision of it. */
export interface RemovedRow {
  id: string;
  revision: number;
}

/** An invitation to a group that waits for an answer. */
export interface InviteRow extends GroupInvite {
  /** The group's. */
  id: string;
}

/** Who types or records where; gone after `until` (milliseconds since 1970). */
export interface ActivityRow {
  conversationId: string;
  userId: string;
  kind: "typing" | "recording" | "draft";
  text?: string;
  until: number;
}

export interface DraftRow {
  target: string;
  text: string;
  replyToId?: string;
}

/** How the tab that leads stands to the server. All tabs read it here. */
export interface Connection {
  state: "connecting" | "online" | "offline" | "ended";
  /** When it went away from `online`, and when it is tried again (milliseconds since 1970). */
  since: number;
  retryAt?: number;
  /** Why it ended for good: a code, as `session_revoked`. */
  reason?: string;
  /** Whether what was missed is here. */
  synced: boolean;
}

/** What is kept once: `me`, `cursor`, `epoch`, `connection`. */
export interface MetaRow {
  key: string;
  value: unknown;
}

/** All that a person's devices know, for one person on one device. Rows are replaced whole. */
export class ChatrDatabase extends Dexie {
  conversations!: EntityTable<ConversationRow, "id">;
  messages!: EntityTable<Message, "id">;
  stretches!: Table<Stretch, [string, number]>;
  outbox!: EntityTable<OutboxRow, "clientId">;
  blobs!: EntityTable<BlobRow, "clientId">;
  people!: EntityTable<PersonRow, "id">;
  presence!: EntityTable<PresenceState, "userId">;
  activity!: Table<ActivityRow, [string, string, string]>;
  drafts!: EntityTable<DraftRow, "target">;
  meta!: EntityTable<MetaRow, "key">;
  removed!: EntityTable<RemovedRow, "id">;
  invites!: EntityTable<InviteRow, "id">;

  /** `name`: of another database than the person's own in this browser. */
  constructor(userId: string, name = `chatr:${userId}`) {
    super(name);
    this.version(3).stores({
      conversations: "id, updatedAt, request, other.id, pendingRead",
      messages: "id, &[conversationId+seq], clientId, replyTo.id, file.id",
      stretches: "[conversationId+fromSeq]",
      outbox: "clientId, order, [target+order]",
      blobs: "clientId",
      people: "id, username, friendship.status",
      presence: "userId",
      activity: "[conversationId+userId+kind], conversationId, until",
      drafts: "target",
      meta: "key",
      removed: "id",
      invites: "id, invitedAt",
    });
    // Another tab signs out, which deletes it.
    this.on("versionchange", () => {
      this.close();
      return false;
    });
    // It goes when the other tabs have let go: that is no news.
    this.on("blocked", () => false);
  }
}

export type MetaValues = { me: Me; cursor: string; epoch: string; connection: Connection };
