import type { Message } from "../../src/api/types.ts";
import { ChatrDatabase, type Connection, type ConversationRow } from "../../src/db/schema.ts";
import { ChatrEngine } from "../../src/engine/chatr-engine.ts";
import type { EngineOptions } from "../../src/engine/options.ts";
import { type Account, eventually, Way } from "./server.ts";
import { WebSocket } from "./socket.ts";

let last = 0;

/** An engine of somebody, behind a way to the server of its own. */
export class Device {
  readonly way = new Way();
  readonly ended: string[] = [];
  engine!: ChatrEngine;
  private readonly name: string;

  /** `name`: of its database; devices that share it are tabs of one browser. */
  constructor(
    readonly person: Account,
    name?: string,
  ) {
    last += 1;
    this.name = name ?? `chatr:${person.id}:${last}`;
  }

  async start(more: Partial<EngineOptions> = {}): Promise<this> {
    await this.way.start(this.person.url);
    return this.arrive(more);
  }

  /** Begin, or begin again on the database that is here. */
  async arrive(more: Partial<EngineOptions> = {}): Promise<this> {
    this.engine = new ChatrEngine({
      userId: this.person.id,
      credentials: {
        accessToken: async () => this.person.token,
        renew: async () => undefined,
        sessionId: () => "",
        connected: () => undefined,
      },
      origin: this.way.url,
      onEnded: (reason) => this.ended.push(reason),
      database: new ChatrDatabase(this.person.id, this.name),
      wamp: { WebSocket, times: { firstMs: 10, lastMs: 200 } },
      ...more,
    });
    await this.engine.start();
    return this;
  }

  async stop(): Promise<void> {
    await this.engine.stop();
    await this.way.stop();
  }

  async connection(): Promise<Connection | undefined> {
    return (await this.engine.db.meta.get("connection"))?.value as Connection | undefined;
  }

  /** Wait until nothing is missing. */
  async synced(): Promise<void> {
    await eventually(async () => (await this.connection())?.synced, "synced");
  }

  async conversation(other: Account): Promise<ConversationRow> {
    return eventually(() => this.engine.db.conversations.where("other.id").equals(other.id).first(), "conversation");
  }

  /** The messages of a conversation that are here. */
  messages(conversationId: string): Promise<Message[]> {
    return this.engine.db.messages.filter((message) => message.conversationId === conversationId).sortBy("seq");
  }

  async texts(conversationId: string): Promise<string[]> {
    return (await this.messages(conversationId)).map((message) => message.content);
  }

  /** Everything that waits has been sent. */
  async sent(): Promise<void> {
    const waiting = async () => (await this.engine.db.outbox.toArray()).every((row) => row.state === "failed");
    await eventually(waiting, "sent", 20_000);
  }
}
