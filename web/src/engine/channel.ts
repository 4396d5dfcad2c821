import type { OperationName } from "../api/types.ts";
import type { OutgoingFile } from "../db/schema.ts";
import type { GroupEvent } from "./engine.ts";
import type { Progress } from "./progress.ts";
import { uuid } from "./uuid.ts";

/** What tabs of one person tell each other. */
export type Note =
  /** Something waits in the outbox, or was read. */
  | { kind: "poke" }
  | { kind: "retry" }
  | { kind: "presence"; tab: string; status: "online" | "away" | "gone" }
  | { kind: "signal"; what: "typing" | "recording"; conversationId: string; active: boolean }
  | { kind: "draft"; conversationId: string; text: string }
  /** What a call over REST answered, for the tab that leads; and that it has been taken. */
  | { kind: "answer"; id: string; name: OperationName; params: unknown; answer: unknown }
  | { kind: "taken"; id: string }
  /** A message with a file was discarded. */
  | { kind: "dropped"; clientId: string; file: OutgoingFile }
  /** How far a file is, that the tab that leads brings to the server. */
  | { kind: "progress"; clientId: string; progress: Progress | undefined }
  /** What the tab that leads has heard of a group, or of all. */
  | { kind: "group"; groupId: string | undefined; told: GroupEvent }
  /** Another tab has signed out, or was signed out. */
  | { kind: "ended"; reason: string };

const TAKEN_MS = 1_000;

/** The way from tab to tab. */
export class Channel {
  private readonly channel: BroadcastChannel;
  private readonly asked = new Map<string, () => void>();

  constructor(name: string, hear: (note: Note) => void) {
    this.channel = new BroadcastChannel(name);
    this.channel.onmessage = (event: MessageEvent<Note>) => {
      if (event.data.kind === "taken") this.asked.get(event.data.id)?.();
      else hear(event.data);
    };
  }

  post(note: Note): void {
    this.channel.postMessage(note);
  }

  /** Have the tab that leads take an answer; resolves when it has, or seems not to. */
  hand(name: OperationName, params: unknown, answer: unknown): Promise<void> {
    const id = uuid();
    return new Promise<void>((resolve) => {
      const late = setTimeout(resolve, TAKEN_MS);
      this.asked.set(id, () => {
        clearTimeout(late);
        resolve();
      });
      this.post({ kind: "answer", id, name, params, answer });
    }).finally(() => this.asked.delete(id));
  }

  close(): void {
    this.channel.close();
  }
}
