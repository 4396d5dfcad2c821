import { ApiError } from "../api/errors.ts";
import type { Note } from "./channel.ts";
import type { Leader } from "./leader.ts";
import { passOver, quietly } from "./quietly.ts";
import type { Store } from "./store.ts";
import { Newest, Repeated } from "./throttle.ts";

const SIGNAL_MS = 2_000;
const DRAFT_MS = 100;
/** Of a draft the server takes so much; its end is what changes. */
const DRAFT_LENGTH = 2_000;
/** So long after it was refused a draft is tried again: the other may have switched on that they are shown. */
const UNWANTED_MS = 30_000;

type Signal = Extract<Note, { kind: "signal" | "draft" }>;

/** What somebody is at, told to the others as often as the server takes it; lost without a connection. */
export class Signals {
  private readonly typings = this.repeated("typing");
  private readonly recordings = this.repeated("recording");
  /** One after the other: what is older must not come later, nor the last one too early to pass. */
  private readonly drafts = new Newest<string>(DRAFT_MS, (conversationId, text) => this.show(conversationId, text));
  /** Where the other does not want to see what one is about to write, and until when that is taken for granted. */
  private readonly unwanted = new Map<string, number>();

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
    this.pass({ kind: "draft", conversationId, text });
  }

  /** Pass a signal on, of this tab or another. */
  pass(signal: Signal): void {
    const leader = this.leader();
    if (leader === undefined) this.post(signal);
    else if (signal.kind === "draft") this.drafts.put(signal.conversationId, signal.text);
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

  private async tell(
    leader: Leader,
    { what, conversationId, active }: Extract<Signal, { what: string }>,
  ): Promise<void> {
    if (await this.isAccepted(conversationId)) leader.tell(`activity.${what}`, { conversationId, active });
  }

  private async show(conversationId: string, text: string): Promise<void> {
    const leader = this.leader();
    const until = this.unwanted.get(conversationId) ?? 0;
    if (!leader?.connected || Date.now() < until) return;
    try {
      const me = await this.store.meta("me");
      if (!me?.privacy.ghostTyping || !(await this.isAccepted(conversationId))) return;
      const end = [...text].slice(-DRAFT_LENGTH).join("");
      await leader.call("activity.draft", { conversationId, text: end });
    } catch (error) {
      const refused = error instanceof ApiError && error.code === "forbidden";
      if (refused) this.unwanted.set(conversationId, Date.now() + UNWANTED_MS);
      else passOver(error);
    }
  }

  /** Who has asked to write, and who was asked, get no signs of each other. */
  private async isAccepted(conversationId: string): Promise<boolean> {
    return (await this.store.db.conversations.get(conversationId))?.status === "accepted";
  }
}
