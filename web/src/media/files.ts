import { liveQuery } from "dexie";
import { ApiError } from "../api/errors.ts";
import type { File } from "../api/types.ts";
import type { Connection } from "../db/schema.ts";
import type { Engine } from "../engine/engine.ts";
import { opens } from "./links.ts";

/** `original`: as it was sent, where it is no image; `sm` and `md`: at most 320 and 800 pixels. */
export type Form = "original" | "sm" | "md";

/** So long a link that has just been fetched opens, whatever the clock of this device says. */
const FRESH_MS = 10 * 60_000;

/** Asked for at once, at most: a page of old pictures asks for all of them. */
const MOST_AT_ONCE = 6;

/** So long after the connection is back what failed is tried again: not at once, where it only seems to be there. */
const AGAIN_MS = 500;

/** The address of one form of a file; one that has no such form is itself. */
export function urlOf(file: File, form: Form): string {
  return form === "original" ? file.url : (file.thumbnails?.[form] ?? file.url);
}

/** Files as they are known in this tab: the same link as long as it opens, so that a picture is loaded once. */
export class Files {
  /** Grows when what failed may be tried again. */
  generation = 0;
  private readonly known = new Map<string, File>();
  private readonly fetched = new WeakMap<File, number>();
  private readonly asking = new Map<string, Promise<File>>();
  private readonly listeners = new Set<() => void>();
  private readonly turns: (() => void)[] = [];
  private running = 0;
  private hearing = false;

  constructor(private readonly engine: Pick<Engine, "call" | "db">) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** A file with the links that it was last seen with, as long as they open. */
  current(given: File): File {
    const known = this.known.get(given.id);
    if (known !== undefined && (known === given || this.opens(known) || !this.opens(given))) return known;
    this.known.set(given.id, given);
    return given;
  }

  opens(file: File): boolean {
    const at = this.fetched.get(file);
    return at === undefined ? opens(file.url, Date.now()) : performance.now() - at < FRESH_MS;
  }

  /** A file with links that open. */
  async opening(given: File): Promise<File> {
    const file = this.current(given);
    return this.opens(file) ? file : this.renew(file.id);
  }

  /** Fetch other links; asked for several times at once it is fetched once. */
  renew(id: string): Promise<File> {
    let asked = this.asking.get(id);
    if (asked === undefined) {
      asked = this.fetch(id).finally(() => this.asking.delete(id));
      this.asking.set(id, asked);
    }
    return asked;
  }

  private async fetch(id: string): Promise<File> {
    if (this.running >= MOST_AT_ONCE) await new Promise<void>((go) => this.turns.push(go));
    this.running += 1;
    try {
      const file = await this.engine.call("file.get", { id });
      this.fetched.set(file, performance.now());
      this.known.set(id, file);
      await this.keep(file);
      this.tell();
      return file;
    } catch (error) {
      if (error instanceof ApiError && error.code === "transport_lost") this.waitForConnection();
      throw error;
    } finally {
      this.running -= 1;
      this.turns.shift()?.();
    }
  }

  /** Messages that have the file have it with the links that open. */
  private async keep(file: File): Promise<void> {
    const { db } = this.engine;
    await db.messages
      .where("file.id")
      .equals(file.id)
      .modify((message) => {
        message.file = file;
      });
  }

  /** What can't be fetched now is tried again when the connection is back. */
  private waitForConnection(): void {
    if (this.hearing) return;
    this.hearing = true;
    const { db } = this.engine;
    const states = liveQuery(async () => ((await db.meta.get("connection"))?.value as Connection | undefined)?.state);
    const hearing = states.subscribe((state) => {
      if (state !== "online" || !this.hearing) return;
      this.hearing = false;
      // It may come while this is still being set up.
      queueMicrotask(() => hearing.unsubscribe());
      setTimeout(() => {
        this.generation += 1;
        this.tell();
      }, AGAIN_MS);
    });
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

const all = new WeakMap<object, Files>();

/** Those of an engine, of which each tab has one. */
export function filesOf(engine: Engine): Files {
  let files = all.get(engine);
  if (files === undefined) {
    files = new Files(engine);
    all.set(engine, files);
  }
  return files;
}
