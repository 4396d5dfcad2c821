import type { Events } from "../api/types.ts";
import type { Item } from "./feed.ts";
import type { Entry } from "./fold.ts";
import type { Gaps } from "./gaps.ts";
import type { News } from "./news.ts";

/** An event of the server, or of an own call. */
export interface EventItem {
  kind: "event";
  name: string;
  data: unknown;
}

/** Events that are entries of a log. */
export const LOGGED = new Set([
  "message.received",
  "message.edited",
  "message.preview",
  "message.unsent",
  "message.reaction",
  "message.listened",
  "message.cleared",
  "group.member_joined",
  "group.member_left",
  "group.member_removed",
  "group.role_changed",
  "group.updated",
]);

/** What else comes often, and needs nothing but the database. */
const PASSING = new Set(["activity.typing", "activity.recording", "activity.draft", "message.status"]);

/** Something to do after what was put into the database. */
type Act = () => Promise<void>;

/** What a burst leaves to whoever has the connection. */
interface Means {
  /** Put entries that follow on what is here into the database; answers what is to be done then. */
  put(conversationId: string, entries: readonly Entry[]): Promise<Act>;
  look(conversationId: string): Promise<void>;
  take(item: EventItem): Promise<void>;
}

/** Whether something may be handled together with others of its kind. */
export function isFrequent(item: Item): item is EventItem {
  return item.kind === "event" && (LOGGED.has(item.name) || PASSING.has(item.name));
}

/** The entry of a log that an event is, and of which conversation's. */
export function entryOf({ name, data }: EventItem): { conversationId: string; entry: Entry } {
  const { conversationId, seq } = data as Events["chatr.message.received"];
  return { conversationId, entry: { seq, event: name, data } as Entry };
}

/** Puts events that came together into the database by one transaction: each by itself would be a commit. */
export class Burst {
  constructor(
    private readonly news: News,
    private readonly gaps: Gaps,
    private readonly means: Means,
  ) {}

  /** Put all or nothing; answers what is left to do, in order. */
  put(items: readonly EventItem[]): Promise<Act[]> {
    return this.news.store.change(async () => {
      const left: Act[] = [];
      for (const run of runs(items)) left.push(await this.run(run));
      return left;
    });
  }

  private async run(run: readonly [EventItem, ...EventItem[]]): Promise<Act> {
    const { means, news } = this;
    const [{ name, data }] = run;
    if (!LOGGED.has(name)) {
      const changed = await news.event(name, data);
      return async () => {
        if (changed !== undefined) await means.look(changed);
      };
    }
    const { conversationId } = entryOf(run[0]);
    const row = await news.store.db.conversations.get(conversationId);
    if (row === undefined) {
      return async () => {
        for (const item of run) await means.take(item);
      };
    }
    for (const item of run) {
      const { entry } = entryOf(item);
      if (entry.seq > row.logSeq) this.gaps.hold(conversationId, entry);
    }
    return means.put(conversationId, this.gaps.after(conversationId, row.logSeq));
  }
}

/** Entries of one log that follow each other are put together; all else is by itself. */
function runs(items: readonly EventItem[]): [EventItem, ...EventItem[]][] {
  const found: [EventItem, ...EventItem[]][] = [];
  for (const item of items) {
    const last = found.at(-1);
    const goesOn = last !== undefined && LOGGED.has(item.name) && LOGGED.has(last[0].name);
    if (goesOn && entryOf(last[0]).conversationId === entryOf(item).conversationId) last.push(item);
    else found.push([item]);
  }
  return found;
}
