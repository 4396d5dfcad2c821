import type {
  FriendBlocked,
  FriendItem,
  FriendPage,
  FriendRequested,
  Friendship,
  OperationName,
  ParamsOf,
  ResultOf,
} from "../api/types.ts";
import type { PersonRow } from "../db/schema.ts";
import type { Store } from "./store.ts";

/** Calls an operation of the server. */
export type Call = <N extends OperationName>(name: N, params: ParamsOf<N>) => Promise<ResultOf<N>>;

type ListName = "friend.list" | "friend.incoming" | "friend.outgoing" | "friend.blocked";

/** Friendships, requests and blocks, kept with the people. */
export class Friends {
  constructor(private readonly store: Store) {}

  /** Fetch the lists anew: who is in none of them is no friend any more. */
  async fetch(call: Call): Promise<void> {
    const [friends, incoming, outgoing, blocked] = [
      await all(call, "friend.list"),
      await all(call, "friend.incoming"),
      await all(call, "friend.outgoing"),
      await all(call, "friend.blocked"),
    ];
    const { me } = this.store;
    const lines = new Map<string, { line: FriendItem; friendship: Friendship }>();
    const note = (line: FriendItem, status: Friendship["status"], requesterId: string, addresseeId: string) =>
      lines.set(line.user.id, { line, friendship: { id: line.friendshipId, status, requesterId, addresseeId } });
    for (const line of incoming) note(line, "pending", line.user.id, me);
    for (const line of outgoing) note(line, "pending", me, line.user.id);
    for (const line of friends) note(line, "accepted", line.user.id, me);
    const blocks = new Map(blocked.map((line) => [line.user.id, line]));
    await this.store.change(async () => {
      await this.store.meet([...lines.values()].map(({ line }) => line.user));
      await this.store.meet(blocked.map((line) => line.user));
      await this.store.db.people.toCollection().modify((row) => {
        const found = lines.get(row.id);
        const block = blocks.get(row.id);
        if (found === undefined) befriend(row, undefined);
        else if (found.line.user.revision >= (row.friendshipRevision ?? 0)) {
          befriend(row, found.friendship, found.line.since, found.line.user.revision);
        }
        if (block === undefined || block.user.revision >= (row.blockRevision ?? 0)) {
          mark(row, block !== undefined, block?.since, block?.user.revision);
        }
      });
    });
  }

  /** `friend.requested`, `accepted`, `declined` and `removed`. */
  changed({ friendship, user, revision }: FriendRequested): Promise<void> {
    return this.store.change(async () => {
      await this.store.meet([user]);
      await this.store.db.people.update(user.id, (row) => {
        if (revision >= (row.friendshipRevision ?? 0)) befriend(row, friendship, new Date().toISOString(), revision);
      });
    });
  }

  /** What an own call made of a friendship: it says no revision. False: nobody knows the other yet. */
  async answered(friendship: Friendship): Promise<boolean> {
    const other = friendship.requesterId === this.store.me ? friendship.addresseeId : friendship.requesterId;
    const found = await this.store.db.people.update(other, (row) => {
      befriend(row, friendship, new Date().toISOString());
    });
    return found > 0;
  }

  /** `friend.blocked` and `unblocked`. */
  blocked({ user, revision }: FriendBlocked, isBlocked: boolean): Promise<void> {
    return this.store.change(async () => {
      await this.store.meet([user]);
      await this.store.db.people.update(user.id, (row) => {
        if (revision >= (row.blockRevision ?? 0)) mark(row, isBlocked, new Date().toISOString(), revision);
      });
    });
  }

  /** An own call has blocked somebody, which ends a friendship, or no longer does. */
  async block(userId: string, isBlocked: boolean): Promise<void> {
    await this.store.db.people.update(userId, (row) => {
      mark(row, isBlocked, new Date().toISOString());
      if (isBlocked) befriend(row, undefined);
    });
  }
}

/** All lines of a list; guests have none. */
async function all(call: Call, name: ListName): Promise<FriendItem[]> {
  const items: FriendItem[] = [];
  let cursor: string | null | undefined;
  do {
    const page: FriendPage = await call(name, cursor ? { limit: 100, cursor } : { limit: 100 });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return items;
}

function befriend(row: PersonRow, friendship: Friendship | undefined, since?: string, revision?: number): void {
  if (revision !== undefined) row.friendshipRevision = revision;
  if (friendship === undefined || friendship.status === "declined" || friendship.status === "removed") {
    delete row.friendship;
    delete row.friendSince;
    return;
  }
  if (row.friendship?.status !== friendship.status && since !== undefined) row.friendSince = since;
  row.friendship = friendship;
}

function mark(row: PersonRow, isBlocked: boolean, since?: string, revision?: number): void {
  if (revision !== undefined) row.blockRevision = revision;
  if (isBlocked) {
    row.blockedByMe = true;
    if (since !== undefined) row.blockedSince ??= since;
  } else {
    delete row.blockedByMe;
    delete row.blockedSince;
  }
}
