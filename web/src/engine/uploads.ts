import { ApiError } from "../api/errors.ts";
import { passes, retryAfterMs } from "../api/patience.ts";
import type { ChatrDatabase, OutboxRow, OutgoingFile } from "../db/schema.ts";
import { Backoff } from "../wamp/backoff.ts";
import { isUploading } from "./outbox.ts";
import type { Progress } from "./progress.ts";
import { passOver, quietly } from "./quietly.ts";
import { Throttle } from "./throttle.ts";
import { largest, type TusOptions, terminate, upload } from "./tus.ts";

/** On their way at once: a voice note is not behind a film. */
const MOST = 3;
const PROGRESS_MS = 100;
/** An internal error may be the file's; it is not brought there for ever. */
const MOST_INTERNAL = 5;
/** The place where an upload was to go on is not there any more, or elsewhere: it begins anew, or goes on from there. */
const LOST = new Set(["not_found", "gone"]);
const ELSEWHERE = new Set([409, 423, 460]);

export interface UploadsOptions extends TusOptions {
  db: ChatrDatabase;
  /** The token was refused: get another. */
  renew(): Promise<void>;
  /** Hears how far a file is; undefined: it is on its way no more. */
  onProgress(clientId: string, progress: Progress | undefined): void;
  /** A file is there: its message can be sent. */
  onReady(): void;
}

/**
 * Brings the files of what waits in the outbox to the server, oldest first and a few at once. What was cut goes on from
 * there: with the connection that comes, and after a reload, since where that is stands in the outbox.
 */
export class Uploads {
  private readonly running = new Map<string, AbortController>();
  /** Refused for now. */
  private readonly held = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly internal = new Map<string, number>();
  private readonly backoff = new Backoff(500, 15_000);
  private readonly progress: Throttle<Progress>;
  private isOpen = true;

  constructor(private readonly options: UploadsOptions) {
    this.progress = new Throttle<Progress>(PROGRESS_MS, options.onProgress);
  }

  /** There is a connection. */
  open(): void {
    this.isOpen = true;
    this.release();
    this.backoff.reset();
    this.look();
  }

  /** There is none: what is on its way stops where it is. */
  close(): void {
    this.isOpen = false;
    this.release();
    for (const over of this.running.values()) over.abort();
  }

  /** Look what there is to bring. */
  look(): void {
    quietly(this.begin());
  }

  /** A message was discarded: what the server has of its file it need not keep. */
  drop(clientId: string, { uploadUrl }: OutgoingFile): void {
    this.running.get(clientId)?.abort();
    if (uploadUrl !== undefined) terminate(uploadUrl, this.options).catch(() => undefined);
  }

  private release(): void {
    for (const timer of this.held.values()) clearTimeout(timer);
    this.held.clear();
  }

  private async begin(): Promise<void> {
    const rows = await this.options.db.outbox.orderBy("order").filter(isUploading).toArray();
    for (const row of rows) {
      const { clientId } = row;
      if (!this.isOpen || this.running.size >= MOST) return;
      if (this.running.has(clientId) || this.held.has(clientId)) continue;
      const over = new AbortController();
      this.running.set(clientId, over);
      quietly(this.bring(row, over.signal).finally(() => this.ended(clientId)));
    }
  }

  private ended(clientId: string): void {
    this.running.delete(clientId);
    this.progress.drop(clientId);
    this.options.onProgress(clientId, undefined);
    if (this.isOpen) this.look();
  }

  private async bring(row: OutboxRow, signal: AbortSignal): Promise<void> {
    const { db } = this.options;
    const { clientId, file } = row;
    try {
      const found = await db.blobs.get(clientId);
      if (found === undefined || file === undefined) throw new ApiError("not_found", "The file is not here any more");
      const fileId = await upload(found.blob, file, this.options, {
        signal,
        onUrl: (uploadUrl) => quietly(db.outbox.update(clientId, { "file.uploadUrl": uploadUrl })),
        onProgress: (sent) => this.progress.put(clientId, { sent, total: file.size }),
      });
      this.internal.delete(clientId);
      this.backoff.reset();
      await db.outbox.update(clientId, { "file.fileId": fileId });
      this.options.onReady();
    } catch (error) {
      if (!signal.aborted) await this.refused(row, error);
    }
  }

  private async refused({ clientId, file }: OutboxRow, error: unknown): Promise<void> {
    const { db, renew } = this.options;
    const refusal = error instanceof ApiError ? error : new ApiError("internal", String(error));
    if (refusal.code === "unauthenticated") await renew().catch(passOver);
    else if (LOST.has(refusal.code) && file?.uploadUrl !== undefined) {
      await db.outbox.update(clientId, { "file.uploadUrl": undefined });
    } else if (!this.isWorthwhile(clientId, refusal)) {
      this.internal.delete(clientId);
      // Refused is all of it: tried again, it begins anew.
      const error = await this.told(refusal);
      await db.outbox.update(clientId, { state: "failed", error, "file.uploadUrl": undefined });
      return;
    }
    this.hold(clientId, Math.max(retryAfterMs(refusal), this.backoff.delayMs()));
  }

  private async told({ code, message, retryAfter }: ApiError): Promise<OutboxRow["error"]> {
    const limit = code === "too_large" ? await largest(this.options).catch(() => undefined) : undefined;
    return {
      code,
      detail: message,
      ...(retryAfter !== undefined && { retryAfter }),
      ...(limit !== undefined && { limit }),
    };
  }

  private isWorthwhile(clientId: string, refusal: ApiError): boolean {
    if (ELSEWHERE.has(refusal.status)) return true;
    if (refusal.code === "internal") {
      const count = (this.internal.get(clientId) ?? 0) + 1;
      this.internal.set(clientId, count);
      return count < MOST_INTERNAL;
    }
    return passes(refusal);
  }

  private hold(clientId: string, forMs: number): void {
    if (!this.isOpen) return;
    const timer = setTimeout(() => {
      this.held.delete(clientId);
      this.look();
    }, forMs);
    this.held.set(clientId, timer);
  }
}
