import type { GroupInvite, GroupInvited, GroupInvitePage } from "../api/types.ts";
import type { Call } from "./friends.ts";
import type { Store } from "./store.ts";

/** Invitations to groups that wait for an answer. */
export class Invites {
  constructor(private readonly store: Store) {}

  /** Fetch all anew: what is not among them was answered, or taken back. */
  async fetch(call: Call): Promise<void> {
    const items: GroupInvite[] = [];
    let cursor: string | null | undefined;
    do {
      const page: GroupInvitePage = await call("group.invites", cursor ? { limit: 100, cursor } : { limit: 100 });
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor);
    await this.take(items);
  }

  /** These are all. */
  take(items: readonly GroupInvite[]): Promise<void> {
    return this.store.change(async () => {
      await this.store.meet(items.flatMap((item) => item.invitedBy ?? []));
      await this.store.db.invites.clear();
      await this.store.db.invites.bulkPut(items.map((item) => ({ ...item, id: item.group.id })));
    });
  }

  /** `group.invited` */
  come({ group, invitedBy, memberCount, revision }: GroupInvited): Promise<void> {
    return this.store.change(async () => {
      const { invites, removed } = this.store.db;
      const known = [await invites.get(group.id), await removed.get(group.id)];
      if (known.some((each) => each !== undefined && each.revision >= revision)) return;
      await this.store.meetSenders([invitedBy]);
      const invitedAt = new Date().toISOString();
      await invites.put({ id: group.id, group, invitedBy, memberCount, invitedAt, revision });
    });
  }

  /** It was answered, or taken back, or the group is no more; `revision`: unless it was given again since. */
  gone(groupId: string, revision?: number): Promise<void> {
    return this.store.change(async () => {
      const { invites, removed } = this.store.db;
      const known = await invites.get(groupId);
      if (known !== undefined && known.revision <= (revision ?? known.revision)) await invites.delete(groupId);
      if (revision === undefined) return;
      // It may come after this: several server processes tell it.
      const before = (await removed.get(groupId))?.revision ?? 0;
      await removed.put({ id: groupId, revision: Math.max(revision, before) });
    });
  }
}
