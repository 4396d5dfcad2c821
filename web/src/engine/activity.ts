import type { ActivityRow } from "../db/schema.ts";
import { quietly } from "./quietly.ts";
import type { Store } from "./store.ts";

/** How long after its last signal something is forgotten. */
const LASTS_MS: Record<ActivityRow["kind"], number> = { typing: 6_000, recording: 30_000, draft: 30_000 };

/** Who types, records or drafts where, until it is too long ago. */
export class Activity {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly store: Store) {}

  async heard(kind: ActivityRow["kind"], conversationId: string, userId: string, text?: string): Promise<void> {
    const row: ActivityRow = { conversationId, userId, kind, until: Date.now() + LASTS_MS[kind] };
    await this.store.db.activity.put(text === undefined ? row : { ...row, text });
    this.timer ??= setTimeout(() => quietly(this.forget()), LASTS_MS.typing);
  }

  async over(kind: ActivityRow["kind"], conversationId: string, userId: string): Promise<void> {
    await this.store.db.activity.delete([conversationId, userId, kind]);
  }

  /** Of another connection nothing is known. */
  async clear(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.store.db.activity.clear();
  }

  private async forget(): Promise<void> {
    this.timer = undefined;
    await this.store.db.activity.where("until").belowOrEqual(Date.now()).delete();
    const next = await this.store.db.activity.orderBy("until").first();
    if (next !== undefined)
      this.timer ??= setTimeout(() => quietly(this.forget()), Math.max(next.until - Date.now(), 50));
  }
}
