import { ApiError } from "../api/errors.ts";
import { passes, retryAfterMs } from "../api/patience.ts";
import type { MessageSendParams } from "../api/types.ts";
import type { ChatrDatabase, OutboxRow } from "../db/schema.ts";
import { Backoff } from "../wamp/backoff.ts";
import { quietly } from "./quietly.ts";

/** Under way at once to one conversation: enough for a slow link. */
const WINDOW = 16;
/** And to all: a session may have 64 calls in flight, and others are made over it too. */
const MOST_FLYING = 48;
/** An internal error leaves open what became of a send; it is not asked for ever. */
const MOST_INTERNAL = 5;
/** Who is asked to wait for longer is told at once: for a day, when somebody has begun too many conversations. */
const LONGEST_WAIT_MS = 600_000;

/** Whether the file of a message is still to be brought to the server. */
export function isUploading({ file, state }: OutboxRow): boolean {
  return file !== undefined && file.fileId === undefined && state !== "failed";
}

/** Makes a send; it is in the database, and out of the outbox, when this resolves. */
export type Transmit = (params: MessageSendParams) => Promise<void>;

/**
 * Sends what waits in the database, oldest first: in order within each conversation, to all of these side by side.
 *
 * Each send names the one before it that is not acknowledged (`afterClientId`), without which the server does not store
 * it. So when one is refused for now, those behind it are too, and all are made again from that one on.
 *
 * A message with a file is sent when its file is at the server; what is behind it does not wait for that, except for
 * the rest of its album.
 */
export class Outbox {
  private readonly flying = new Map<string, string>();
  private readonly holds = new Map<string, number>();
  /** Where one was refused for good: those behind it were refused for that alone. */
  private readonly freed = new Set<string>();
  private readonly internal = new Map<string, number>();
  private readonly backoff = new Backoff(500, 15_000);
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  private transmit: Transmit | undefined;
  private pumping = false;
  private again = false;

  /** `bring`: hears that there are files to be brought to the server. */
  constructor(
    private readonly db: ChatrDatabase,
    private readonly bring: () => void,
  ) {}

  /** Send over a new connection what waits. */
  open(transmit: Transmit): void {
    this.transmit = transmit;
    this.flying.clear();
    this.holds.clear();
    this.freed.clear();
    this.backoff.reset();
    this.pump();
  }

  /** Send nothing until there is another. */
  close(): void {
    this.transmit = undefined;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  /** Look what there is to send. */
  pump(): void {
    if (this.pumping) {
      this.again = true;
      return;
    }
    this.pumping = true;
    const launched = this.launch().finally(() => {
      this.pumping = false;
      if (!this.again) return;
      this.again = false;
      this.pump();
    });
    quietly(launched);
  }

  private async launch(): Promise<void> {
    const { transmit } = this;
    if (transmit === undefined) return;
    const waiting = await this.db.outbox.orderBy("order").toArray();
    if (this.transmit !== transmit) return;
    if (waiting.some(isUploading)) this.bring();
    const lanes = lanesOf(waiting);
    const next: OutboxRow[] = [];
    for (const [target, rows] of lanes) {
      if (this.holds.has(target)) continue;
      const window = rows.slice(0, WINDOW);
      for (const [index, row] of window.entries()) {
        if (this.flying.has(row.clientId)) continue;
        // One of each lane may leave however many there are.
        if (index > 0 && this.flying.size >= MOST_FLYING) break;
        this.flying.set(row.clientId, target);
        next.push(row);
        quietly(this.send(transmit, row, window[index - 1]));
      }
    }
    await this.db.outbox.bulkUpdate(next.map((row) => ({ key: row.clientId, changes: { state: "sending" } })));
  }

  private async send(transmit: Transmit, row: OutboxRow, before: OutboxRow | undefined): Promise<void> {
    try {
      await transmit({ ...addressed(row), ...(before === undefined ? {} : { afterClientId: before.clientId }) });
      if (this.transmit !== transmit) return;
      this.flying.delete(row.clientId);
      this.internal.delete(row.clientId);
      this.backoff.reset();
    } catch (error) {
      // What a connection takes with it is sent by the next.
      if (this.transmit !== transmit || (error instanceof ApiError && error.code === "transport_lost")) return;
      this.flying.delete(row.clientId);
      await this.refused(row, error);
    }
    this.settle();
    this.pump();
  }

  private async refused(row: OutboxRow, error: unknown): Promise<void> {
    // It may have moved from the person to the conversation meanwhile.
    const target = (await this.db.outbox.get(row.clientId))?.target ?? row.target;
    if (this.isWorthwhile(row, error)) {
      this.holds.set(target, Math.max(this.holds.get(target) ?? 0, retryAfterMs(error)));
      return;
    }
    this.freed.add(target);
    this.internal.delete(row.clientId);
    const refusal = error instanceof ApiError ? error : new ApiError("invalid", String(error));
    const { code, message, retryAfter } = refusal;
    const told = retryAfter === undefined ? { code, detail: message } : { code, detail: message, retryAfter };
    await this.db.outbox.update(row.clientId, { state: "failed", error: told });
  }

  /** Whether to make a send again that was refused. */
  private isWorthwhile(row: OutboxRow, error: unknown): boolean {
    if (!passes(error)) return false;
    if ((error as ApiError).code === "internal") {
      const count = (this.internal.get(row.clientId) ?? 0) + 1;
      this.internal.set(row.clientId, count);
      return count < MOST_INTERNAL;
    }
    return retryAfterMs(error) <= LONGEST_WAIT_MS;
  }

  /** Where a send was refused for now, and none is under way any more, all are made again after a while. */
  private settle(): void {
    const busy = new Set(this.flying.values());
    for (const [target, askedMs] of this.holds) {
      if (askedMs < 0 || busy.has(target)) continue;
      const delayMs = this.freed.delete(target) ? 0 : Math.max(askedMs, this.backoff.delayMs());
      this.holds.set(target, -1);
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        this.holds.delete(target);
        this.pump();
      }, delayMs);
      this.timers.add(timer);
    }
  }
}

/** What can be sent, by where it goes. */
function lanesOf(waiting: readonly OutboxRow[]): Map<string, OutboxRow[]> {
  const lanes = new Map<string, OutboxRow[]>();
  const albums = new Set<string>();
  for (const row of waiting) {
    const { target, state, groupId } = row;
    if (state === "failed") continue;
    // The pictures of an album stand in their order.
    const waits = isUploading(row) || (groupId !== undefined && albums.has(groupId));
    if (!waits) lanes.set(target, [...(lanes.get(target) ?? []), row]);
    else if (groupId !== undefined) albums.add(groupId);
  }
  return lanes;
}

function addressed({ target, clientId, content, replyToId, groupId, file }: OutboxRow): MessageSendParams {
  const [kind, id] = target.split(":", 2);
  const where = kind === "person" ? { recipientId: id } : { conversationId: id };
  return {
    content,
    clientId,
    ...where,
    ...(replyToId !== undefined && { replyToId }),
    ...(groupId !== undefined && { groupId }),
    ...(file?.fileId !== undefined && { fileId: file.fileId }),
  };
}
