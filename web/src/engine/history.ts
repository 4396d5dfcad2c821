import type { Conversation, Events, Message, MessageHistoryParams, MessagePage } from "../api/types.ts";
import { type Entry, fold, isCleared } from "./fold.ts";
import type { Call } from "./friends.ts";
import { merged, type Range } from "./ranges.ts";
import type { Store } from "./store.ts";

const PAGE = 50;

/** A page, and what came of its conversation's log while it was on its way. */
interface Loaded {
  page: MessagePage;
  /** Up to where the page is as the log says. */
  seq: number;
}

/** Brings pages of messages here; the same page asked for twice is fetched once. */
export class History {
  private readonly running = new Map<string, Promise<void>>();

  constructor(
    private readonly store: Store,
    private readonly call: Call,
  ) {}

  /**
   * Take a conversation that was not here, with its newest page, at once: of what waits to be sent some is in the page,
   * and would be on no screen in between.
   */
  async begin(view: Conversation): Promise<void> {
    const before = view.headSeq + 1;
    const page = await this.call("message.history", { conversationId: view.id, before, limit: PAGE });
    await this.store.change(async () => {
      await this.store.putViews([view], true);
      await this.keep(view.id, { page, seq: view.headSeq }, below(before));
    });
  }

  /** Look how far the others have come in a group: what was told of it meanwhile is in no log. */
  async marks(conversationId: string): Promise<void> {
    const page = await this.call("message.history", { conversationId, limit: 1 });
    await this.store.reach(conversationId, page);
  }

  before(conversationId: string, seq: number): Promise<void> {
    return this.load(conversationId, "before", seq, below(seq));
  }

  after(conversationId: string, seq: number): Promise<void> {
    return this.load(conversationId, "after", seq, (loaded) => ({ from: seq + 1, to: end(loaded) }));
  }

  around(conversationId: string, seq: number): Promise<void> {
    return this.load(conversationId, "around", seq, (loaded) => {
      const { items, hasBefore } = loaded.page;
      return { from: hasBefore ? (items[0]?.seq ?? seq) : 1, to: end(loaded) };
    });
  }

  private load(
    conversationId: string,
    way: "before" | "after" | "around",
    seq: number,
    covered: (loaded: Loaded) => Range,
  ): Promise<void> {
    const key = `${conversationId} ${way} ${seq}`;
    let running = this.running.get(key);
    if (running === undefined) {
      running = this.fetch({ conversationId, [way]: seq, limit: PAGE }, conversationId, covered).finally(() =>
        this.running.delete(key),
      );
      this.running.set(key, running);
    }
    return running;
  }

  private async fetch(
    params: MessageHistoryParams,
    conversationId: string,
    covered: (loaded: Loaded) => Range,
  ): Promise<void> {
    const row = await this.store.db.conversations.get(conversationId);
    if (row === undefined) return;
    const loaded = { page: await this.call("message.history", params), seq: row.logSeq };
    while (!(await this.keep(conversationId, loaded, covered))) {
      // While the page was on its way, entries were applied to what was here: it has to have them too.
      const { entries, headSeq } = await this.call("conversation.log", { id: conversationId, after: loaded.seq });
      // A page that reached the end of the log goes on with it: what is here may have passed these over.
      if (params.before == null && !loaded.page.hasAfter) loaded.page.items.push(...entries.flatMap(received));
      loaded.page.items = loaded.page.items.map((message) => entries.reduce<Message>(this.fold, message));
      loaded.seq = entries.at(-1)?.seq ?? headSeq;
    }
  }

  private fold = (message: Message, entry: Entry): Message => fold(message, entry, this.store.me);

  /** Put a page into the database; false: the log went on meanwhile. */
  private keep(conversationId: string, loaded: Loaded, covered: (loaded: Loaded) => Range): Promise<boolean> {
    return this.store.change(async () => {
      const row = await this.store.db.conversations.get(conversationId);
      if (row === undefined) return true;
      if (row.logSeq > loaded.seq) return false;
      const shown = loaded.page.items.filter((message) => message.seq > (row.clearedSeq ?? 0));
      await this.store.db.messages.bulkPut(shown);
      await this.store.meetSenders(shown.flatMap((message) => [message.sender, ...(message.users ?? [])]));
      await this.store.sent(shown);
      await this.store.reach(conversationId, loaded.page);
      await this.cover(conversationId, covered(loaded));
      await this.store.recount(conversationId);
      return true;
    });
  }

  private async cover(conversationId: string, range: Range): Promise<void> {
    if (range.to < range.from) return;
    const known = await this.store.stretches(conversationId).toArray();
    const ranges = merged(
      known.map(({ fromSeq, toSeq }) => ({ from: fromSeq, to: toSeq })),
      range,
    );
    await this.store.stretches(conversationId).delete();
    await this.store.db.stretches.bulkPut(ranges.map(({ from, to }) => ({ conversationId, fromSeq: from, toSeq: to })));
  }
}

/** The message that an entry brings, if it does. */
function received(entry: Entry): Message[] {
  if (entry.event !== "message.received" || isCleared(entry)) return [];
  return [(entry.data as Events["chatr.message.received"]).message];
}

/** What a page below a seq covers. */
function below(seq: number): (loaded: Loaded) => Range {
  return ({ page }) => ({ from: page.hasBefore ? (page.items[0]?.seq ?? seq) : 1, to: seq - 1 });
}

/** Up to where a page has all: at the end of the log up to what was known of that, and up to its last message. */
function end({ page, seq }: Loaded): number {
  const last = page.items.at(-1)?.seq ?? 0;
  return page.hasAfter ? last : Math.max(seq, last);
}
