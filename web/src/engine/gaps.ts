import type { Entry } from "./fold.ts";

/** How long a missing entry may be late: events of several server processes cross. */
const WAIT_MS = 150;

/** Entries that came before what is before them. */
export class Gaps {
  private readonly held = new Map<string, Map<number, Entry>>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  /** `missing`: hears of a conversation of which something did not come in time. */
  constructor(private readonly missing: (conversationId: string) => void) {}

  hold(conversationId: string, entry: Entry): void {
    const held = this.held.get(conversationId) ?? new Map<number, Entry>();
    held.set(entry.seq, entry);
    this.held.set(conversationId, held);
  }

  /** Take what follows on `seq` without a gap; for what is behind one the time begins. */
  after(conversationId: string, seq: number): Entry[] {
    const held = this.held.get(conversationId);
    const found: Entry[] = [];
    if (held === undefined) return found;
    for (const known of held.keys()) if (known <= seq) held.delete(known);
    for (let entry = held.get(seq + 1); entry !== undefined; entry = held.get(seq + found.length + 1)) {
      found.push(entry);
      held.delete(entry.seq);
    }
    if (held.size > 0) this.expect(conversationId);
    else this.held.delete(conversationId);
    return found;
  }

  /** Whether something is held behind a gap. */
  holds(conversationId: string): boolean {
    return this.held.has(conversationId);
  }

  /** Something is known to be missing. */
  expect(conversationId: string): void {
    if (this.timers.has(conversationId)) return;
    const late = () => {
      this.timers.delete(conversationId);
      this.missing(conversationId);
    };
    this.timers.set(conversationId, setTimeout(late, WAIT_MS));
  }

  clear(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.held.clear();
  }
}
