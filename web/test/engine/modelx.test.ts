import { afterAll, beforeAll, expect, test } from "vitest";
import { ApiError } from "../../src/api/errors.ts";
import { rest } from "../../src/api/rest.ts";
import type { Message, OperationName, ParamsOf, ResultOf } from "../../src/api/types.ts";
import type { ConversationRow } from "../../src/db/schema.ts";
import { Device } from "../support/device.ts";
import { groupActs } from "../support/group-acts.ts";
import { type Account, acquaint, Chatr, eventually, person } from "../support/server.ts";
import { freshFor, history, shownBy, views } from "../support/views.ts";

/** Of random runs; MODEL_RUNS makes more of them, from MODEL_SEED on. */
const RUNS = Number(process.env.MODEL_RUNS ?? 20);
const FIRST = Number(process.env.MODEL_SEED ?? 1);
const STEPS = 40;
/** In every so manieth run the server is killed and started again. */
const KILL_EVERY = 10;
/** And in every so manieth there are three, who have groups. */
const GROUPS_EVERY = 1;
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

/** What they do more often where there are groups. */
const OFTEN_IN_GROUPS = ["accept", "accept", "accept", "invite", "write", "write", "write", "promote", "change"];

/** Two people, one of them with two devices, who do anything at any time; or three, who have groups. */
class World {
  readonly people: Account[] = [];
  readonly devices: Device[] = [];
  readonly sent: { device: Device; clientId: string; to: string | undefined }[] = [];
  readonly done: string[] = [];
  private readonly here = new Set<Device>();
  private readonly calls = new Set<Promise<unknown>>();
  readonly wrong: unknown[] = [];

  constructor(
    private readonly chance: Chance,
    private readonly withGroups: boolean,
  ) {}

  async begin(): Promise<void> {
    const server = { url: chatr.url, dataDir: chatr.dataDir };
    const names = this.withGroups ? ["ann", "ben", "cat"] : ["ann", "ben"];
    for (const name of names) this.people.push(await person(name, server));
    const [ann, ben, ...more] = this.people as [Account, Account, ...Account[]];
    if (this.chance.below(2)) await acquaint(ann, ben);
    for (const who of [ann, ann, ben, ...more]) this.devices.push(await new Device(who).start());
    for (const device of this.devices) this.here.add(device);
    for (const device of this.devices.slice(1)) await this.send(device, 1);
    if (this.withGroups) await this.gather();
  }

  /** All are in a group, as far as they have come so far. */
  private async gather(): Promise<void> {
    const [owner, ...others] = this.people as [Account, ...Account[]];
    const by = (who: Account) => ({ origin: who.url, token: who.token });
    const params = { name: "Everybody", memberIds: others.map((other) => other.id) };
    const { id } = await rest("group.create", params, by(owner));
    for (const other of others) await rest("group.accept", { id }, by(other));
  }

  async step(): Promise<void> {
    const device = this.chance.of(this.devices) as Device;
    const inGroups = this.withGroups ? [...Object.keys(this.groups), ...OFTEN_IN_GROUPS] : [];
    const name = this.chance.of([...Object.keys(this.acts), ...OFTEN, ...inGroups]) ?? "send";
    this.done.push(`${this.devices.indexOf(device)} ${name}`);
    const act = { ...this.groups, ...this.acts }[name];
    if (this.here.has(device) || name === "arrive") await act?.(device);
    if (this.chance.below(3) === 0) await new Promise((resolve) => setTimeout(resolve, this.chance.below(40)));
  }

  private readonly acts: Record<string, (device: Device) => Promise<void>> = {
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
    befriend: async (device: Device) =>
      void this.call(device, "friend.request", { addresseeId: this.other(device).id }),
    receipts: async (device: Device) =>
      void this.call(device, "user.update_settings", { privacy: { readReceipts: this.chance.below(2) === 0 } }),
    rename: async (device: Device) =>
      void this.call(device, "user.update", { displayName: `Name ${this.chance.below(1e9)}` }),
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

  private readonly groups = groupActs({
    chance: { of: (items) => this.chance.of(items) },
    people: this.people,
    call: (device, name, params) => this.call(device, name, params),
    write: (device, target) => this.send(device, 1, undefined, target),
  });

  private async arrive(device: Device): Promise<void> {
    if (this.here.has(device)) return;
    this.here.add(device);
    await device.arrive();
  }

  private async send(device: Device, count: number, replyToId?: string, where?: string): Promise<void> {
    const options = replyToId === undefined ? {} : { replyToId };
    for (let number = 0; number < count; number += 1) {
      const text = `text ${this.sent.length}`;
      const to = where === undefined ? this.other(device).id : undefined;
      const clientId = await device.engine.send(where ?? `person:${to}`, text, options);
      this.sent.push({ device, clientId, to });
    }
  }

  private call<N extends OperationName>(
    device: Device,
    name: N,
    params: ParamsOf<N>,
  ): Promise<ResultOf<N> | undefined> {
    return this.wait(device.engine.call(name, params));
  }

  /** What is done, or undefined when it is refused for a reason that may be. */
  private wait<T>(work: Promise<T>): Promise<T | undefined> {
    const call = work.catch((error: unknown) => {
      if (!(error instanceof ApiError) || !EXPECTED.has(error.code)) this.wrong.push(error);
      return undefined;
    });
    this.calls.add(call);
    void call.finally(() => this.calls.delete(call));
    return call;
  }

  private other(device: Device): Account {
    return this.chance.of(this.people.filter((account) => account !== device.person)) as Account;
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
    for (const { device, clientId, to } of this.sent) {
      if ((await device.engine.db.outbox.get(clientId)) !== undefined) continue;
      const there = (await views(device.person)).filter((view) => view.other?.id === to);
      const found = await Promise.all(there.map((view) => history(device.person, view.id)));
      const own = found.flat().filter((message) => message.clientId === clientId);
      expect(own.length).toBeLessThanOrEqual(1);
      // What one has deleted from the own view nobody finds there, nor what one wrote where one is no more.
      if (to !== undefined && there.some((view) => !view.clearedSeq)) expect(own).toHaveLength(1);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.devices.map((device) => device.stop()));
  }
}

for (let seed = FIRST; seed < FIRST + RUNS; seed += 1) {
  test(`all agree in the end, whatever they do (${seed})`, { timeout: 120_000 }, async () => {
    const chance = new Chance(seed);
    const world = new World(chance, seed % GROUPS_EVERY === 0);
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
      for (const device of world.devices) { for (const row of await device.engine.db.conversations.filter((r) => r.id !== "").toArray()) { const log = await rest("conversation.log", { id: row.id }, { origin: device.person.url, token: device.person.token }).catch((e) => ({ entries: [], e })); console.error("ROW", world.devices.indexOf(device), JSON.stringify({ ...row, lastMessage: row.lastMessage?.seq, other: row.other?.username }), JSON.stringify((await device.engine.db.stretches.toArray()).filter((s) => s.conversationId === row.id)), log.entries.map((e) => e.seq + e.event + ((e.data as any).message?.event ?? "")).join(" ")); } }
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
