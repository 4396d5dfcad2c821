import { ApiError } from "../api/errors.ts";
import type { Conversation, OperationName, SyncChanges } from "../api/types.ts";
import { Burst, type EventItem, entryOf, isFrequent, LOGGED } from "./burst.ts";
import type { GroupEvent } from "./engine.ts";
import { type Entry, isCleared } from "./fold.ts";
import type { Call } from "./friends.ts";
import { Gaps } from "./gaps.ts";
import { History } from "./history.ts";
import { Inbox } from "./inbox.ts";
import type { News } from "./news.ts";
import { quietly } from "./quietly.ts";

/** What there is to handle, one after the other. */
export type Item =
  | EventItem
  /** A conversation's log has entries more. */
  | { kind: "logged"; conversationId: string }
  /** What seemed to be on its way did not come in time. */
  | { kind: "late"; conversationId: string }
  /** A conversation is another, nobody knows how. */
  | { kind: "changed"; conversationId: string }
  /** What an own call answered; `done` is told when it is in the database. */
  | { kind: "answer"; name: OperationName; params: unknown; answer: unknown; done(): void };

/** So many events that have come are put into the database together, at most. */
const MOST_TOGETHER = 64;

/** Groups where it is looked, after a resume, how far the others have come. */
const MOST_REACHED = 20;

/** All that happens on one connection, in order and each thing once: what was missed first, then what comes. */
export class Feed {
  private readonly inbox = new Inbox<Item>();
  private readonly gaps: Gaps;
  private readonly history: History;
  private readonly burst: Burst;
  private isClosed = false;

  /** `call`: over this connection, and patient. `synced`: hears that nothing is missing, and what may be unread. */
  constructor(
    private readonly news: News,
    private readonly call: Call,
    private readonly synced: (isSynced: boolean) => void,
  ) {
    this.history = new History(news.store, call);
    this.gaps = new Gaps((conversationId) => this.inbox.put({ kind: "late", conversationId }));
    this.burst = new Burst(news, this.gaps, {
      put: (conversationId, entries) => this.keep(conversationId, entries),
      look: (conversationId) => this.look(conversationId),
      take: (item) => this.take(item),
    });
  }

  put(item: Item): void {
    if (this.isClosed && item.kind === "answer") item.done();
    this.inbox.put(item);
  }

  close(): void {
    this.isClosed = true;
    // It comes again with the next connection.
    for (const item of this.inbox.close()) if (item.kind === "answer") item.done();
    this.gaps.clear();
  }

  /** Handle everything until it is closed. Rejects when something can't be handled, or the connection breaks. */
  async run(epoch: string): Promise<void> {
    await this.resume(epoch);
    for (let item = await this.inbox.next(); item !== undefined; item = await this.inbox.next()) {
      if (item.kind === "event" && item.name === "sync.required") await this.resume(epoch);
      else if (isFrequent(item)) await this.together([item, ...this.inbox.more(isFrequent, MOST_TOGETHER - 1)]);
      else await this.take(item);
    }
  }

  /** Handle what has come in a burst; where it can't be put together, each by itself. */
  private async together(items: readonly EventItem[]): Promise<void> {
    const left = items.length > 1 ? await this.burst.put(items).catch(() => undefined) : undefined;
    if (left !== undefined) for (const act of left) await act();
    else for (const item of items) await this.take(item);
  }

  private async resume(epoch: string): Promise<void> {
    const { store } = this.news;
    const known = await store.meta("epoch");
    const first = known !== epoch;
    if (first && known !== undefined) await store.change(() => store.forgetAll(true));
    const cursor = first ? undefined : await store.meta("cursor");
    const changes = await this.call("sync.changes", cursor ? { cursor } : {});
    const views = changes.reset ? await this.everything(changes.conversations) : changes.conversations;
    await this.putChanges(changes, views);
    await store.setMeta("epoch", epoch);
    await this.people(first || changes.reset || changes.friends === true);
    if (first || changes.reset || changes.invites) await unless("forbidden", this.news.invites.fetch(this.call));
    const behind = await this.behind(views);
    for (const id of behind) await this.catchUp(id);
    // Last: if this connection breaks before, the next resume starts from the old cursor.
    await store.setMeta("cursor", changes.cursor);
    this.synced(true);
    this.news.group(undefined, { event: "sync.changes", data: {} });
    quietly(this.reached());
  }

  /** How far the others have come where an own message may have been read meanwhile, in the newest groups. */
  private async reached(): Promise<void> {
    for (const id of await this.news.store.awaited(MOST_REACHED)) await this.history.marks(id);
  }

  private async putChanges(changes: SyncChanges, views: readonly Conversation[]): Promise<void> {
    const { store } = this.news;
    await store.change(async () => {
      const pending = await store.db.conversations.where("pendingRead").above(0).toArray();
      if (changes.reset) await store.forgetAll(false);
      for (const id of changes.removed) await store.remove(id);
      const rows = await store.db.conversations.bulkGet(views.map((view) => view.id));
      for (const [index, view] of views.entries()) {
        const row = rows[index];
        // A log that lost its tail begins anew.
        if (row !== undefined && row.logSeq > view.headSeq) {
          await store.forgetLog(view.id);
          await store.db.conversations.update(view.id, { logSeq: view.headSeq, viewSeq: 0, headSeq: view.headSeq });
        }
      }
      await store.putViews(views, true);
      for (const { id, pendingRead, readSeq } of changes.reset ? pending : []) {
        await store.db.conversations.update(id, { pendingRead, readSeq });
        await store.recount(id);
      }
    });
  }

  /** All conversations, where `newest` is the first page. */
  private async everything(newest: readonly Conversation[]): Promise<Conversation[]> {
    const found = new Map(newest.map((view) => [view.id, view]));
    for (const filter of ["chats", "requests", "archived"] as const) {
      let cursor: string | null | undefined;
      do {
        const params = { filter, limit: 100, ...(cursor ? { cursor } : {}) };
        const page = await unless("forbidden", this.call("conversation.list", params));
        // Guests have no list: all of theirs are on the first page.
        for (const view of page?.items ?? []) found.set(view.id, view);
        cursor = page?.nextCursor;
      } while (cursor);
    }
    return [...found.values()];
  }

  /** What has no log: oneself, who is here, and friends where they have changed. */
  private async people(friendsToo: boolean): Promise<void> {
    const me = await unless("forbidden", this.call("user.me", {}));
    if (me !== undefined) await this.news.store.setMe(me);
    const presence = await unless("forbidden", this.call("presence.query", {}));
    if (presence !== undefined) await this.news.presence.snapshot(presence.items);
    if (friendsToo) await unless("forbidden", this.news.friends.fetch(this.call));
  }

  /** Conversations of which something is here, and of that the newest is not: of all others nothing has to be fetched. */
  private async behind(views: readonly Conversation[]): Promise<string[]> {
    const ids = views.map((view) => view.id);
    const rows = await this.news.store.db.conversations.bulkGet(ids);
    return rows.flatMap((row) => (row !== undefined && row.logSeq < row.headSeq ? [row.id] : []));
  }

  private async take(item: Item): Promise<void> {
    switch (item.kind) {
      case "logged":
        return this.catchUp(item.conversationId);
      case "late":
        return this.late(item.conversationId);
      case "changed":
        return this.look(item.conversationId);
      case "event":
        return this.event(item);
      case "answer":
        try {
          await this.answer(item);
        } finally {
          item.done();
        }
    }
  }

  private async event(item: EventItem): Promise<void> {
    const { name, data } = item;
    if (LOGGED.has(name)) {
      const { conversationId, entry } = entryOf(item);
      return this.entry(conversationId, entry);
    }
    const changed = await this.news.event(name, data);
    if (changed !== undefined) await this.look(changed);
    if (name.startsWith("conversation.")) await this.expect((data as { conversation?: Conversation }).conversation?.id);
  }

  /** What a view says that there is and is not here is on its way; but of what was cleared no event comes. */
  private async expect(conversationId = ""): Promise<void> {
    const row = await this.news.store.db.conversations.get(conversationId);
    if (row !== undefined && row.logSeq < row.headSeq) this.gaps.expect(conversationId);
  }

  private async late(conversationId: string): Promise<void> {
    const row = await this.news.store.db.conversations.get(conversationId);
    const missing = row !== undefined && row.logSeq < row.headSeq;
    if (missing || this.gaps.holds(conversationId)) await this.catchUp(conversationId);
  }

  private async answer({ name, params, answer }: Extract<Item, { kind: "answer" }>): Promise<void> {
    for (const item of await this.news.answered(name, params, answer)) {
      await this.take(item);
    }
  }

  /** An entry of a log: the next, one that is known already, or one behind a gap. */
  private async entry(conversationId: string, entry: Entry): Promise<void> {
    const { db } = this.news.store;
    if ((await db.conversations.get(conversationId)) === undefined) await this.meet(conversationId);
    const row = await db.conversations.get(conversationId);
    if (row === undefined || entry.seq <= row.logSeq) return;
    this.gaps.hold(conversationId, entry);
    await this.release(conversationId, row.logSeq);
  }

  /** A conversation that one's own first messages have made, or somebody's that came before `conversation.created`. */
  private async meet(conversationId: string): Promise<void> {
    const view = await unless("not_found", this.call("conversation.get", { id: conversationId }));
    if (view === undefined) return;
    await this.history.begin(view);
    await this.expect(conversationId);
  }

  /** Apply what is held of a log and comes next; the rest waits a moment for what is missing. */
  private async release(conversationId: string, logSeq: number): Promise<void> {
    const entries = this.gaps.after(conversationId, logSeq);
    if (entries.length > 0) await this.apply(conversationId, entries);
  }

  private async apply(conversationId: string, entries: readonly Entry[]): Promise<void> {
    const told = await this.keep(conversationId, entries);
    await told();
  }

  /** Put the next entries of a log into the database; answers what is to be done when they are there. */
  private async keep(conversationId: string, entries: readonly Entry[]): Promise<() => Promise<void>> {
    const uncertain = entries.length > 0 && (await this.news.log.apply(conversationId, entries));
    return async () => {
      if (uncertain) await this.look(conversationId);
      for (const entry of entries) {
        if (entry.event.startsWith("group.") && !isCleared(entry)) this.news.group(conversationId, entry as GroupEvent);
      }
      if (entries.some((entry) => entry.event === "message.received")) this.news.received(conversationId);
    };
  }

  /** The entries of a log up to its head, as the first page says it. */
  private async catchUp(conversationId: string): Promise<void> {
    const { store } = this.news;
    let head = Number.POSITIVE_INFINITY;
    let row = await store.db.conversations.get(conversationId);
    while (row !== undefined && row.logSeq < head) {
      const asked = this.call("conversation.log", { id: conversationId, after: row.logSeq });
      const page = await unless("not_found", asked);
      // One that one is not in any more, since a moment ago: of that there is news of its own.
      if (page === undefined) return;
      if (!page.complete) await this.skip(conversationId, page.entries[0]?.seq ?? page.headSeq + 1);
      await this.apply(conversationId, page.entries);
      head = page.headSeq;
      row = await store.db.conversations.get(conversationId);
      if (page.entries.length === 0) break;
    }
    if (row !== undefined) await this.release(conversationId, row.logSeq);
  }

  /** Retention has removed entries: what is here may be another by now, and is fetched when somebody looks. */
  private async skip(conversationId: string, seq: number): Promise<void> {
    const { store } = this.news;
    await store.change(async () => {
      await store.forgetLog(conversationId);
      await store.db.conversations.update(conversationId, { logSeq: seq - 1 });
    });
  }

  /** See how a conversation is. */
  private async look(conversationId: string): Promise<void> {
    const view = await unless("not_found", this.call("conversation.get", { id: conversationId }));
    if (view === undefined) return;
    await this.news.store.putViews([view]);
    await this.expect(conversationId);
  }
}

/** The answer, or undefined when it is refused with this code. */
async function unless<T>(code: string, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.code === code) return undefined;
    throw error;
  }
}
