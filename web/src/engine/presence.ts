import type { PresenceChanged, PresenceState } from "../api/types.ts";
import type { Store } from "./store.ts";

/** Who is here, as far as one may know. */
export class Presence {
  constructor(private readonly store: Store) {}

  /** All that there is to know. */
  snapshot(items: readonly PresenceState[]): Promise<void> {
    const { presence } = this.store.db;
    return this.store.db.transaction("rw", presence, async () => {
      await presence.clear();
      await presence.bulkPut([...items]);
    });
  }

  /** The newest by its revision counts, hidden or not; those who don't show it have none. */
  take(items: readonly (PresenceChanged | PresenceState)[]): Promise<void> {
    const { presence } = this.store.db;
    return this.store.db.transaction("rw", presence, async () => {
      const known = await presence.bulkGet(items.map((item) => item.userId));
      const newer = items.filter((item, index) => (item.revision ?? 0) >= (known[index]?.revision ?? 0));
      await presence.bulkPut(newer);
    });
  }
}
