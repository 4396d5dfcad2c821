import { afterAll, beforeAll, expect, test } from "vitest";
import { ApiError } from "../../src/api/errors.ts";
import { rest } from "../../src/api/rest.ts";
import type { Conversation, Message, OperationName, ParamsOf } from "../../src/api/types.ts";
import type { ConversationRow } from "../../src/db/schema.ts";
import { statusOf } from "../../src/db/status.ts";
import { Device } from "../support/device.ts";
import { type Account, acquaint, Chatr, eventually, person } from "../support/server.ts";

/** Of random runs; MODEL_RUNS makes more of them, from MODEL_SEED on. */
const RUNS = Number(process.env.MODEL_RUNS ?? 20);
const FIRST = Number(process.env.MODEL_SEED ?? 1);
const STEPS = 40;
/** In every so manieth run the server is killed and started again. */
const KILL_EVERY = 10;
/** Refusals that say no more than that the moment was wrong for it. */
const EXPECTED = new Set([
  "blocked",
  "forbidden",
  "not_found",
  "gone",
  "conflict",
  "invalid",
  "transport_lost",
  "unavailable",
]);

/** What people do more often than all else. */
const OFTEN = ["send", "send", "burst", "quote", "quote", "unquote", "open", "edit", "unsend", "react", "read", "cut"];

const chatr = new Chatr();
beforeAll(() => chatr.start(), 90_000);
afterAll(() => chatr.remove());

/** Numbers that look random, the same for the same seed (mulberry32). */
class Chance {
  constructor(private seed: number) {}

  below(limit: number): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let value = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) % limit;
  }

  of<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }
}

/** Two people, one of them with two devices, who do anything at any time. */
class World {
  readonly people: Account[] = [];
  readonly devices: Device[] = [];
  readonly sent: { device: Device; clientId: string }[] = [];
  readonly done: string[] = [];
  private readonly here = new Set<Device>();
  private readonly calls = new Set<Promise<void>>();
  readonly wrong: unknown[] = [];

  constructor(private readonly chance: Chance) {}

  async begin(): Promise<void> {
    const server = { url: chatr.url, dataDir: chatr.dataDir };
    for (const name of ["ann", "ben"]) this.people.push(await person(name, server));
    const [ann, ben] = this.people as [Account, Account];
    if (this.chance.below(2)) await acquaint(ann, ben);
    for (const who of [ann, ann, ben]) this.devices.push(await new Device(who).start());
    for (const device of this.devices) this.here.add(device);
    for (const device of this.devices.slice(1)) await this.send(device, 1);
  }

  async step(): Promise<void> {
    const device = this.chance.of(this.devices) as Device;
    const name = this.chance.of([...Object.keys(this.acts), ...OFTEN]) as keyof World["acts"];
    this.done.push(`${this.devices.indexOf(device)} ${name}`);
    if (this.here.has(device) || name === "arrive") await this.acts[name](device);
    if (this.chance.below(3) === 0) await new Promise((resolve) => setTimeout(resolve, this.chance.below(40)));
  }

  private readonly acts = {
    send: (device: Device) => this.send(device, 1),
    burst: (device: Device) => this.send(device, 2 + this.chance.below(4)),
    quote: async (device: Device) => this.send(device, 1, (await this.message(device))?.id),
    edit: async (device: Device) => {
      const message = await this.message(device);
      if (message) this.call(device, "message.edit", { id: message.id, content: `edited ${this.chance.below(1e9)}` });
    },
    unsend: async (device: Device) => {
      const message = await this.message(device);
      if (message) this.call(device, "message.unsend", { id: message.id });
    },
    unquote: async (device: Device) => {
      const quotes = (await device.engine.db.messages.toArray()).filter((message) => message.replyTo !== undefined);
      const quoted = this.chance.of(quotes)?.replyTo;
      if (quoted) this.call(device, "message.unsend", { id: quoted.id });
    },
    react: async (device: Device) => {
      const message = await this.message(device);
      const emoji = this.chance.of(["👍", "🎉", null]) ?? null;
      if (message) this.call(device, "message.react", { id: message.id, emoji });
    },
    read: async (device: Device) => {
      const row = await this.conversation(device);
      if (row) device.engine.markRead(row.id, row.headSeq - this.chance.below(4));
    },
    mark: async (device: Device) => {
      const row = await this.conversation(device);
      const name = this.chance.of(["message.mark_read", "message.mark_delivered"] as const);
      if (row && name)
        this.call(device, name, { id: row.id, seq: Math.max(row.headSeq + 2 - this.chance.below(5), 0) });
    },
    open: async (device: Device) => {
      const row = await this.conversation(device);
      if (row === undefined) return;
      const way = this.chance.of(["loadBefore", "loadAround", "loadAfter"] as const) ?? "loadBefore";
      const seq = way === "loadBefore" ? row.logSeq + 1 : this.chance.below(row.logSeq + 1);
      this.wait(device.engine[way](row.id, seq));
    },
    keep: async (device: Device) => {
      const row = await this.conversation(device);
      const name = this.chance.of(["accept", "decline", "delete"] as const);
      if (row && name) this.call(device, `conversation.${name}`, { id: row.id });
    },
    put: async (device: Device) => {
      const row = await this.conversation(device);
      const changes = this.chance.of([{ archived: true }, { archived: false }, { pinned: true }, { pinned: false }]);
      if (row) this.call(device, "conversation.update", { id: row.id, ...changes });
    },
    block: async (device: Device) => {
      const name = this.chance.of(["friend.block", "friend.unblock", "friend.unblock"] as const) ?? "friend.unblock";
      this.call(device, name, { userId: this.other(device).id });
    },
    befriend: async (device: Device) => this.call(device, "friend.request", { addresseeId: this.other(device).id }),
    receipts: async (device: Device) =>
      this.call(device, "user.update_settings", { privacy: { readReceipts: this.chance.below(2) === 0 } }),
    rename: async (device: Device) =>
      this.call(device, "user.update", { displayName: `Name ${this.chance.below(1e9)}` }),
    cut: async (device: Device) => device.way.cut(),
    dark: async (device: Device) => {
      device.way.isOpen = false;
      device.way.cut();
    },
    light: async (device: Device) => {
      device.way.isOpen = true;
    },
    leave: async (device: Device) => {
      this.here.delete(device);
      await device.engine.stop();
    },
    arrive: (device: Device) => this.arrive(device),
    settle: async (device: Device) => {
      device.way.isOpen = true;
      await device.synced();
    },
  };

  private async arrive(device: Device): Promise<void> {
    if (this.here.has(device)) return;
    this.here.add(device);
    await device.arrive();
  }

  private async send(device: Device, count: number, replyToId?: string): Promise<void> {
    const options = replyToId === undefined ? {} : { replyToId };
    for (let number = 0; number < count; number += 1) {
      const text = `text ${this.sent.length}`;
      const clientId = await device.engine.send(`person:${this.other(device).id}`, text, options);
      this.sent.push({ device, clientId });
    }
  }

  private call<N extends OperationName>(device: Device, name: N, params: ParamsOf<N>): void {
    this.wait(device.engine.call(name, params));
  }

  private wait(work: Promise<unknown>): void {
    const call = work.then(
      () => undefined,
      (error: unknown) => {
        if (!(error instanceof ApiError) || !EXPECTED.has(error.code)) this.wrong.push(error);
      },
    );
    this.calls.add(call);
    void call.finally(() => this.calls.delete(call));
  }

  private other(device: Device): Account {
    return this.people.find((account) => account !== device.person) as Account;
  }

  private async message(device: Device): Promise<Message | undefined> {
    return this.chance.of((await device.engine.db.messages.toArray()).sort((a, b) => b.seq - a.seq).slice(0, 8));
  }

  private async conversation(device: Device): Promise<ConversationRow | undefined> {
    return this.chance.of(await device.engine.db.conversations.toArray());
  }

  /** All come back, send what waits, and hear of everything; then they show what a fresh snapshot says. */
  async end(): Promise<void> {
    for (const device of this.devices) {
      device.way.isOpen = true;
      await this.arrive(device);
      device.engine.retryConnection();
    }
    await Promise.all(this.calls);
    for (const device of this.devices) {
      await device.sent();
      await device.synced();
      await eventually(async () => (await device.engine.db.conversations.where("pendingRead").above(0).count()) === 0);
    }
    expect(this.wrong).toEqual([]);
    for (const device of this.devices) await this.agrees(device);
    await this.sentOnce();
  }

  /** What is on its way arrives; what is wrong stays so. */
  private async agrees(device: Device): Promise<void> {
    const until = Date.now() + 5_000;
    for (;;) {
      const [shown, fresh] = [await shownBy(device), await freshFor(device)];
      if (JSON.stringify(shown) === JSON.stringify(fresh)) return;
      if (Date.now() > until) expect(shown).toEqual(fresh);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  private async sentOnce(): Promise<void> {
    for (const { device, clientId } of this.sent) {
      if ((await device.engine.db.outbox.get(clientId)) !== undefined) continue;
      const [view] = await views(device.person);
      // What one has deleted from the own view nobody finds there.
      if (view === undefined || (view.clearedSeq ?? 0) > 0) continue;
      const messages = await history(device.person, view.id);
      expect(messages.filter((message) => message.clientId === clientId)).toHaveLength(1);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.devices.map((device) => device.stop()));
  }
}

const at = (who: Account) => ({ origin: who.url, token: who.token });

async function views(who: Account): Promise<Conversation[]> {
  const found: Conversation[] = [];
  for (const filter of ["chats", "requests", "archived"] as const) {
    found.push(...(await rest("conversation.list", { filter }, at(who))).items);
  }
  return found;
}

async function history(who: Account, conversationId: string): Promise<Message[]> {
  const found: Message[] = [];
  let more = true;
  while (more) {
    const before = found[0] === undefined ? {} : { before: found[0].seq };
    const page = await rest("message.history", { conversationId, limit: 100, ...before }, at(who));
    found.unshift(...page.items);
    more = page.hasBefore;
  }
  return found;
}

/** What is compared: without what a viewer is not told the changes of, as of who has blocked them. */
function plain(view: Conversation, messages: Message[], me: string): unknown {
  const { revision: _revision, other, lastMessage, ...rest } = view;
  const line = (message: Message) => {
    const { sender, status: _status, ...shown } = message;
    return { ...sorted(shown), sender: sender.id, status: statusOf(message, view, me) };
  };
  return {
    view: sorted(rest),
    other: other && { id: other.id, username: other.username },
    lastMessage: lastMessage && line(lastMessage),
    messages: messages.map(line),
  };
}

function sorted(value: object): object {
  const entries = Object.entries(value).filter(([, each]) => each !== undefined && each !== false);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

async function shownBy(device: Device): Promise<unknown[]> {
  const rows = await device.engine.db.conversations.orderBy("id").toArray();
  const found: unknown[] = [];
  for (const row of rows) {
    const { logSeq, viewSeq: _viewSeq, request: _request, pendingRead: _pendingRead, ...view } = row;
    expect(logSeq).toBe(row.headSeq);
    found.push(plain(view, await device.messages(row.id), device.person.id));
  }
  return found;
}

/** What the server says, as far as the device has loaded it. */
async function freshFor(device: Device): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const view of (await views(device.person)).sort((one, other) => (one.id < other.id ? -1 : 1))) {
    const stretches = (await device.engine.db.stretches.toArray()).filter((each) => each.conversationId === view.id);
    const messages = (await history(device.person, view.id)).filter((message) =>
      stretches.some(({ fromSeq, toSeq }) => fromSeq <= message.seq && message.seq <= toSeq),
    );
    found.push(plain(view, messages, device.person.id));
  }
  return found;
}

for (let seed = FIRST; seed < FIRST + RUNS; seed += 1) {
  test(`all agree in the end, whatever they do (${seed})`, { timeout: 120_000 }, async () => {
    const chance = new Chance(seed);
    const world = new World(chance);
    try {
      await world.begin();
      const killed = seed % KILL_EVERY === 0 ? chance.below(STEPS) : -1;
      for (let step = 0; step < STEPS; step += 1) {
        if (step === killed) {
          await chatr.stop("SIGKILL");
          await chatr.start();
        }
        await world.step();
      }
      await world.end();
    } catch (error) {
      console.error(`seed ${seed}: ${world.done.join(", ")}`);
      for (const device of world.devices) {
        console.error(await device.connection(), await device.engine.db.outbox.toArray());
      }
      throw error;
    } finally {
      await world.stop();
    }
  });
}
