import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { GroupDetails, GroupGetParams } from "../../api/types.ts";
import type { Engine, GroupEvent } from "../../engine/engine.ts";
import { useEngine } from "../../session/session.ts";
import { isRosterNews, type Roster, type RosterNews, rosterOf, told, withPage, withRead } from "./roster.ts";
import { may } from "./rules.ts";

/** Members that are read at once; the server takes no more. */
const PAGE = 100;
/** Pages that are read again at once; who has looked at more asks for the rest again. */
const MOST_PAGES = 5;

interface Shown {
  roster?: Roster;
  /** Why it was not read. */
  error?: unknown;
}

export interface RosterState extends Shown {
  /** Read the next page. */
  more: () => Promise<void>;
  /** Read again what is shown: after an own act, of which no event comes. */
  refresh: () => Promise<void>;
}

/**
 * Who is in a group, page by page, as it is: what is told of it changes it at once. It is not kept in the database: a
 * large one would be fetched with each group that somebody looks at.
 */
export function useRoster(groupId: string): RosterState {
  const engine = useEngine();
  const source = useMemo(() => new RosterSource(engine, groupId), [engine, groupId]);
  const [state, setState] = useState<Shown & { of: RosterSource }>({ of: source });
  const latest = useRef(source);
  latest.current = source;
  useEffect(() => source.begin((shown) => setState({ of: source, ...shown })), [source]);
  const more = useCallback(() => latest.current.more(), []);
  const refresh = useCallback(() => latest.current.refresh(), []);
  const { roster, error } = state.of === source ? state : {};
  return { roster, error, more, refresh };
}

/** A roster as long as it is shown. */
class RosterSource {
  private roster: Roster | undefined;
  private control = new AbortController();
  private show: (shown: Shown) => void = () => undefined;
  /** What was told since the reading began that is under way. */
  private meanwhile: RosterNews[] = [];
  private reading: Promise<void> | undefined;
  private again = false;

  constructor(
    private readonly engine: Engine,
    private readonly groupId: string,
  ) {}

  /** Read, and hear what is told, until the end. */
  begin(show: (shown: Shown) => void): () => void {
    this.show = show;
    this.control = new AbortController();
    const end = this.engine.onGroup(this.groupId, (news) => this.hear(news));
    void this.refresh();
    return () => {
      end();
      this.control.abort();
      this.reading = undefined;
    };
  }

  private hear(news: GroupEvent): void {
    if (news.event === "sync.changes") void this.refresh();
    if (!isRosterNews(news)) return;
    this.meanwhile.push(news);
    if (this.roster !== undefined) this.put(this.after(this.roster, news));
  }

  private after(roster: Roster, news: RosterNews): Roster {
    return told(roster, news, this.engine.userId, Date.now());
  }

  /** Of several at once the first reads, and once more behind it. */
  refresh(): Promise<void> {
    this.again = true;
    this.reading ??= this.readAll(this.control.signal);
    return this.reading;
  }

  private async readAll(over: AbortSignal): Promise<void> {
    try {
      while (this.again) {
        this.again = false;
        this.meanwhile = [];
        const read = await this.readPages(this.roster?.members.length ?? 0);
        this.put(this.meanwhile.reduce((roster, news) => this.after(roster, news), read));
      }
    } catch (error) {
      if (!over.aborted) this.show({ ...(this.roster && { roster: this.roster }), error });
    }
    if (!over.aborted) this.reading = undefined;
  }

  private async readPages(count: number): Promise<Roster> {
    let roster = rosterOf(await this.read());
    for (let page = 1; page < MOST_PAGES && roster.members.length < count && roster.nextCursor; page++) {
      roster = withPage(roster, await this.read({ cursor: roster.nextCursor }));
    }
    // They stand behind all members, and in a large group on no page that somebody looks at.
    if (!roster.nextCursor || !may("link", roster.myRole)) return roster;
    return withRead(roster, (await this.read({ status: "requested" })).members);
  }

  async more(): Promise<void> {
    const cursor = this.roster?.nextCursor;
    if (cursor === undefined) return;
    const page = await this.read({ cursor });
    if (this.roster?.nextCursor === cursor) this.put(withPage(this.roster, page));
  }

  private read(which: Pick<GroupGetParams, "cursor" | "status"> = {}): Promise<GroupDetails> {
    return this.engine.call("group.get", { id: this.groupId, limit: PAGE, ...which }, this.control.signal);
  }

  private put(roster: Roster): void {
    this.roster = roster;
    this.show({ roster });
  }
}
