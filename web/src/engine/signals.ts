import { ApiError } from "../api/errors.ts";
import type { Note } from "./channel.ts";
import type { Leader } from "./leader.ts";
import { quietly } from "./quietly.ts";
import type { Store } from "./store.ts";
import { Repeated, Throttle } from "./throttle.ts";

const SIGNAL_MS = 2_000;
const DRAFT_MS = 100;

type Signal = Extract<Note, { kind: "signal" | "draft" }>;

/** What somebody is at, told to the others as often as the server takes it; lost without a connection. */
export class Signals {
  private readonly typings = this.repeated("typing");
  private readonly recordings = this.repeated("recording");
  private readonly drafts = new Throttle<string>(DRAFT_MS, (conversationId, text) =>
    this.pass({ kind: "draft", conversationId, text }),
  );
  /** Where the other does not want to see what one is about to write. */
  private readonly unwanted = new Set<string>();

  /** `leader`: if this tab leads; else `post` gets it to the one that does. */
  constructor(
    private readonly store: Store,
    private readonly leader: () => Leader | undefined,
    private readonly post: (note: Note) => void,
  ) {}

  typing(conversationId: string, active: boolean): void {
    this.typings.put(conversationId, active);
  }

  recording(conversationId: string, active: boolean): void {
    this.recordings.put(conversationId, active);
  }

  draft(conversationId: string, text: string): void {
    if (!this.unwanted.has(conversationId)) this.drafts.put(conversationId, text);
  }

  /** Pass a signal on, of this tab or another. */
  pass(signal: Signal): void {
    const leader = this.leader();
    if (leader === undefined) this.post(signal);
    else if (leader.connected) quietly(this.tell(leader, signal));
  }

  stop(): void {
    this.drafts.clear();
  }

  private repeated(what: "typing" | "recording"): Repeated {
    return new Repeated(SIGNAL_MS, (conversationId, active) =>
      this.pass({ kind: "signal", what, conversationId, active }),
    );
  }

  private async tell(leader: Leader, signal: Signal): Promise<void> {
    const { conversationId } = signal;
    const row = await this.store.db.conversations.get(conversationId);
    // Who has asked to write, and who was asked, get no signs of each other.
    if (row?.status !== "accepted") return;
    if (signal.kind === "signal") {
      leader.tell(`activity.${signal.what}`, { conversationId, active: signal.active });
      return;
    }
    const me = await this.store.meta("me");
    if (!me?.privacy.ghostTyping || this.unwanted.has(conversationId)) return;
    try {
      await leader.call("activity.draft", { conversationId, text: signal.text });
    } catch (error) {
      if (error instanceof ApiError && error.code === "forbidden") this.unwanted.add(conversationId);
    }
  }
}
