import { passes } from "../api/patience.ts";
import type { ConversationRow } from "../db/schema.ts";
import type { Call } from "./friends.ts";
import { quietly } from "./quietly.ts";
import type { Store } from "./store.ts";
import { read } from "./views.ts";

const COALESCE_MS = 200;
const AGAIN_MS = 5_000;

/** Tells the server what has been delivered here and read; requests that wait are told nothing of. */
export class Marks {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private call: Call | undefined;
  private readonly arrived = new Set<string>();

  constructor(private readonly store: Store) {}

  /** Over a new connection: all that was not told yet. */
  async open(call: Call): Promise<void> {
    this.call = call;
    const unread = await this.store.db.conversations.filter((row) => row.unreadCount > 0 && isDue(row)).primaryKeys();
    for (const id of unread) this.arrived.add(id);
    this.flush(0);
  }

  close(): void {
    this.call = undefined;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** There are messages more here. */
  received(conversationId: string): void {
    this.arrived.add(conversationId);
    this.flush();
  }

  /** Tell what is to be told, soon. */
  flush(afterMs = COALESCE_MS): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      quietly(this.tell());
    }, afterMs);
  }

  private async tell(): Promise<void> {
    const { call } = this;
    if (call === undefined) return;
    try {
      for (const row of await this.store.db.conversations.where("pendingRead").above(0).toArray()) {
        await this.tellRead(call, row);
      }
      const arrived = [...this.arrived];
      this.arrived.clear();
      for (const row of await this.store.db.conversations.bulkGet(arrived)) {
        if (row !== undefined && isDue(row)) await call("message.mark_delivered", { id: row.id, seq: row.logSeq });
      }
    } catch (error) {
      // What concerns one conversation only must not keep back the others for ever.
      if (this.call === call) this.flush(passes(error) ? AGAIN_MS : COALESCE_MS);
    }
  }

  private async tellRead(call: Call, { id, pendingRead = 0 }: ConversationRow): Promise<void> {
    try {
      await call("message.mark_read", { id, seq: pendingRead });
    } catch (error) {
      if (passes(error)) throw error;
    }
    await this.store.db.conversations
      .where("id")
      .equals(id)
      .modify((row) => {
        if (row.pendingRead === pendingRead) delete row.pendingRead;
      });
  }
}

function isDue(row: ConversationRow): boolean {
  return row.request === 0 && row.deliveredSeq < row.logSeq && read(row) < row.logSeq;
}

/** Note in the database how far somebody has read; false: that was known. */
export function noteRead(store: Store, conversationId: string, seq: number): Promise<boolean> {
  return store.change(async () => {
    const row = await store.db.conversations.get(conversationId);
    const upTo = Math.min(seq, row?.headSeq ?? 0);
    if (row === undefined || row.request === 1 || upTo <= row.readSeq) return false;
    row.readSeq = upTo;
    row.deliveredSeq = Math.max(row.deliveredSeq, upTo);
    row.pendingRead = upTo;
    await store.db.conversations.put(row);
    await store.recount(conversationId);
    return true;
  });
}
