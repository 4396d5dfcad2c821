import Dexie, { liveQuery, type Subscription } from "dexie";
import type { Message } from "../../api/types.ts";
import type { Stretch } from "../../db/schema.ts";
import type { Engine } from "../../engine/engine.ts";
import { kept } from "./kept.ts";

/** Messages in a page. */
export const PAGE = 80;

/** The number of the place that a window opens first. */
export const FIRST_PLACE = 1;

/** What a timeline shows: one unbroken run of messages of a conversation. */
export interface WindowState {
  /** Grows by one each time that another place is opened: what was known of the old one is void. */
  place: number;
  /** Ascending. */
  messages: readonly Message[];
  /** Whether anything is known yet: false until the first read. */
  ready: boolean;
  /** The oldest message is here. */
  atStart: boolean;
  /** The newest is here, and what arrives is shown. */
  live: boolean;
  /** What is missing could not be loaded. */
  failed: boolean;
}

/** A range of seqs that a live query watches, so that a change reads only its page again. */
interface Page {
  from: number;
  to: number;
  messages: readonly Message[];
  watch: Subscription;
  /** Others take its place as soon as they have been read. */
  leaves: boolean;
}

const empty: WindowState = { place: 0, messages: [], ready: false, atStart: false, live: true, failed: false };

/** The part of a conversation that somebody looks at. It grows at both ends, page by page, and never jumps over a gap. */
export class MessageWindow {
  readonly #engine: Pick<Engine, "db" | "loadBefore" | "loadAfter" | "loadAround">;
  readonly #id: string;
  readonly #listeners = new Set<() => void>();
  #state = empty;
  #pages: Page[] = [];
  #stretches: readonly Stretch[] = [];
  #logSeq = 0;
  #busy: Promise<void> | undefined;
  /** Which of the openings is the last: what earlier ones bring is thrown away. */
  #opening = 0;
  #watch: Subscription | undefined;

  constructor(engine: Pick<Engine, "db" | "loadBefore" | "loadAfter" | "loadAround">, conversationId: string) {
    this.#engine = engine;
    this.#id = conversationId;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): WindowState => this.#state;

  /** Show the newest messages, or those around a seq. What is here is shown at once; what is not is loaded. */
  async open(around?: number): Promise<void> {
    this.#opening += 1;
    const opening = this.#opening;
    await this.#readBounds();
    let stretch = around === undefined ? this.#newest() : this.#containing(around);
    let failed = false;
    if (stretch === undefined && this.#logSeq > 0) {
      failed = !(await this.#load(() => this.#loadPlace(around)));
      stretch = (around === undefined ? undefined : this.#containing(around)) ?? this.#newest();
    }
    if (opening !== this.#opening) return;
    this.#close();
    const pages = this.#pages;
    if (stretch !== undefined) await this.#showPage(...(await this.#firstRange(stretch, around)), "end", pages);
    if (opening !== this.#opening) return;
    this.#watchBounds();
    this.#publish({ place: opening, ready: true, failed });
    // What is missing up to the end is more than what is read on in: the end has a place of its own.
    if (around === undefined && stretch !== undefined && this.#logSeq - stretch.toSeq > PAGE && !failed)
      void this.#openEnd(opening);
  }

  async #openEnd(opening: number): Promise<void> {
    const loaded = await this.#load(() => this.#loadPlace(undefined));
    if (loaded && opening === this.#opening && this.#reachingEnd() !== undefined) await this.open();
  }

  /** Show a page before what is shown. */
  older(): Promise<void> {
    return this.#once(async (pages) => {
      const first = pages[0];
      if (first === undefined || this.#state.atStart) return;
      const before = await this.#below(first.from);
      if (before.length < PAGE && (this.#containing(first.from)?.fromSeq ?? 1) > 1) {
        const edge = this.#containing(first.from)?.fromSeq ?? first.from;
        const loaded = await this.#load(() => this.#engine.loadBefore(this.#id, edge));
        if (!loaded) return this.#publish({ failed: true }, pages);
      }
      const found = await this.#below(first.from);
      const start = this.#containing(first.from)?.fromSeq ?? first.from;
      const from = found.length === PAGE ? (found.at(-1) ?? start) : start;
      if (from < first.from) await this.#showPage(from, first.from - 1, "start", pages);
      this.#publish({ failed: false }, pages);
    });
  }

  /** Show a page behind what is shown. */
  newer(): Promise<void> {
    return this.#once(async (pages) => {
      const last = pages.at(-1);
      if (last === undefined || this.#state.live) return;
      const end = this.#endOf(last.to);
      if (last.to >= end) {
        const loaded = await this.#load(() => this.#engine.loadAfter(this.#id, last.to));
        if (!loaded) return this.#publish({ failed: true }, pages);
      }
      const to = this.#endOf(last.to);
      if (to > last.to) await this.#showPage(last.to + 1, await this.#pageEnd(last.to, to), "end", pages);
      this.#publish({ failed: false }, pages);
    });
  }

  close(): void {
    this.#opening += 1;
    this.#close();
    this.#listeners.clear();
  }

  #close(): void {
    this.#watch?.unsubscribe();
    for (const page of this.#pages) page.watch.unsubscribe();
    this.#pages = [];
  }

  /** One piece of work at a time; it is told among which pages it is, as others may be shown meanwhile. */
  #once(work: (pages: Page[]) => Promise<void>): Promise<void> {
    this.#busy ??= work(this.#pages).finally(() => {
      this.#busy = undefined;
    });
    return this.#busy;
  }

  /** Let the engine bring something; whether it did. */
  async #load(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
    } catch {
      // Whatever it is, the place stays as it is and can be asked for again.
      return false;
    }
    await this.#readBounds();
    return true;
  }

  #loadPlace(around: number | undefined): Promise<void> {
    if (around === undefined) return this.#engine.loadBefore(this.#id, this.#logSeq + 1);
    return this.#engine.loadAround(this.#id, around);
  }

  async #readBounds(): Promise<void> {
    this.#take(await this.#bounds());
  }

  /** In one transaction: a row that is newer than its stretches would look like a gap. */
  #bounds(): Promise<{ stretches: readonly Stretch[]; logSeq: number }> {
    const { db } = this.#engine;
    return db.transaction("r", db.conversations, db.stretches, async () => {
      const row = await db.conversations.get(this.#id);
      const range = db.stretches
        .where("[conversationId+fromSeq]")
        .between([this.#id, Dexie.minKey], [this.#id, Dexie.maxKey]);
      return { stretches: await range.toArray(), logSeq: row?.logSeq ?? 0 };
    });
  }

  #take({ stretches, logSeq }: { stretches: readonly Stretch[]; logSeq: number }): void {
    this.#stretches = stretches;
    this.#logSeq = logSeq;
  }

  #watchBounds(): void {
    this.#watch = liveQuery(() => this.#bounds()).subscribe((bounds) => {
      const last = this.#pages.at(-1);
      const wasAtEnd = last !== undefined && last.to >= this.#endOf(last.from);
      this.#take(bounds);
      if (last === undefined || this.#isLost(last)) {
        if (this.#newest() !== undefined) void this.open();
      } else if (last.to === Infinity && this.#endOf(last.from) !== Infinity) {
        // A gap has opened behind what is shown: show no further than to it.
        if (!last.leaves) void this.#replace(last, [last.from, this.#endOf(last.from)]);
      } else if (wasAtEnd && last.to < this.#endOf(last.from)) {
        // The stretch goes on where what is shown ended: so does what is shown.
        void this.newer();
      } else this.#publish({});
    });
  }

  /** Whether the logs were forgotten, and what is shown is of none that is here. */
  #isLost(page: Page): boolean {
    return this.#containing(page.from) === undefined || page.from > this.#logSeq + 1;
  }

  #newest(): Stretch | undefined {
    return this.#reachingEnd() ?? this.#stretches.at(-1);
  }

  #reachingEnd(): Stretch | undefined {
    return this.#stretches.find((stretch) => stretch.toSeq >= this.#logSeq);
  }

  #containing(seq: number): Stretch | undefined {
    return this.#stretches.find((stretch) => stretch.fromSeq <= seq && seq <= this.#end(stretch));
  }

  /** Where a stretch ends; the newest one does not. */
  #end(stretch: Stretch): number {
    return stretch.toSeq >= this.#logSeq ? Infinity : stretch.toSeq;
  }

  #endOf(seq: number): number {
    const stretch = this.#containing(seq);
    return stretch === undefined ? seq : this.#end(stretch);
  }

  #messages(from: number, to: number) {
    const upper = to === Infinity ? Dexie.maxKey : to;
    return this.#engine.db.messages
      .where("[conversationId+seq]")
      .between([this.#id, from], [this.#id, upper], true, true);
  }

  async #seqs(from: number, to: number, newestFirst: boolean, limit: number): Promise<number[]> {
    const range = this.#messages(from, to);
    const keys = await (newestFirst ? range.reverse() : range).limit(limit).keys();
    return keys.map((key) => (Array.isArray(key) ? Number(key[1]) : 0));
  }

  /** The seqs of the page below a seq, newest first. */
  #below(seq: number): Promise<number[]> {
    const stretch = this.#containing(seq);
    return stretch === undefined ? Promise.resolve([]) : this.#seqs(stretch.fromSeq, seq - 1, true, PAGE);
  }

  async #pageEnd(after: number, end: number): Promise<number> {
    const seqs = await this.#seqs(after + 1, end, false, PAGE);
    return seqs.length === PAGE ? (seqs.at(-1) ?? end) : end;
  }

  /** What is shown first of a stretch: its end, or half a page to each side of a seq. */
  async #firstRange(stretch: Stretch, around: number | undefined): Promise<[from: number, to: number]> {
    const end = this.#end(stretch);
    const seq = around !== undefined && around >= stretch.fromSeq && around <= end ? around : undefined;
    const before = await this.#seqs(stretch.fromSeq, seq ?? end, true, PAGE);
    const from = before.length === PAGE ? (before.at(-1) ?? stretch.fromSeq) : stretch.fromSeq;
    return [from, seq === undefined ? end : await this.#pageEnd(seq, end)];
  }

  /** Watch a page: it is there when it has been read. */
  #read(from: number, to: number): Promise<Page> {
    return new Promise((resolve, reject) => {
      const page: Page = { from, to, messages: [], leaves: false, watch: { unsubscribe: () => {}, closed: false } };
      page.watch = liveQuery(() => this.#messages(from, to).toArray()).subscribe((messages) => {
        page.messages = kept(page.messages, messages);
        if (this.#pages.includes(page)) this.#changed(page);
        else resolve(page);
      }, reject);
    });
  }

  /** Have a page among others, if they are shown still. */
  async #showPage(from: number, to: number, where: "start" | "end", pages: Page[]): Promise<void> {
    const page = await this.#read(from, to);
    if (pages !== this.#pages) page.watch.unsubscribe();
    else if (where === "start") pages.unshift(page);
    else pages.push(page);
  }

  #changed(page: Page): void {
    const last = page.messages.at(-1);
    this.#publish({});
    if (page.leaves || page.to !== Infinity || page.messages.length <= 2 * PAGE || last === undefined) return;
    // The page that grows is closed from time to time, so that one more message is not the reading of hundreds.
    void this.#replace(page, [page.from, last.seq], [last.seq + 1, Infinity]);
  }

  /** Watch other ranges in the place of a page. What is shown stays until they have been read. */
  async #replace(page: Page, ...ranges: [from: number, to: number][]): Promise<void> {
    page.leaves = true;
    const pages = await Promise.all(ranges.map(([from, to]) => this.#read(from, to)));
    page.watch.unsubscribe();
    const index = this.#pages.indexOf(page);
    if (index >= 0) this.#pages.splice(index, 1, ...pages);
    else for (const each of pages) each.watch.unsubscribe();
    this.#publish({});
  }

  /** Say what is shown now; not if it comes of pages that are shown no longer. */
  #publish(change: Partial<WindowState>, pages = this.#pages): void {
    if (pages !== this.#pages) return;
    const first = this.#pages[0];
    this.#state = {
      ...this.#state,
      ...change,
      messages: this.#pages.flatMap((page) => page.messages),
      atStart: first === undefined || first.from <= 1,
      live: first === undefined || this.#pages.at(-1)?.to === Infinity,
    };
    for (const listener of this.#listeners) listener();
  }
}
