import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { rest } from "../../src/api/rest.ts";
import { WampClient, type WampOptions, type WampState } from "../../src/wamp/client.ts";
import { type Account, acquaint, eventually, origin, person, Way } from "../support/server.ts";
import { WebSocket } from "../support/socket.ts";

let ann: Account;
let ben: Account;
let way: Way;
let states: WampState[];
const clients: WampClient[] = [];

beforeAll(async () => {
  [ann, ben] = [await person("ann"), await person("ben")];
  await acquaint(ann, ben);
});

beforeEach(async () => {
  way = new Way();
  await way.start();
  states = [];
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.stop()));
  vi.unstubAllGlobals();
  await way.stop();
});

async function ticket(): Promise<string> {
  return (await rest("realtime.ticket", {}, { origin: origin(), token: ann.token })).ticket;
}

function begun(options: Partial<WampOptions> = {}): WampClient {
  const client = new WampClient({
    url: `${way.url.replace("http", "ws")}/ws`,
    ticket,
    onState: (state) => states.push(state),
    WebSocket,
    ...options,
    times: { firstMs: 20, lastMs: 40, ...options.times },
  });
  clients.push(client);
  client.start();
  return client;
}

const writes = (content: string) =>
  rest(
    "message.send",
    { recipientId: ann.id, content, clientId: crypto.randomUUID() },
    { origin: origin(), token: ben.token },
  );

test("calls, and says whose session it is and of which history", async () => {
  const client = begun();
  await eventually(() => client.connected);
  expect(await client.call("chatr.user.me", {})).toMatchObject({ id: ann.id });
  const online = states.find((state) => state.kind === "online");
  expect(online).toMatchObject({ welcome: { authid: ann.id } });
  expect(online?.welcome.epoch).not.toBe("");
  expect(online?.welcome.connection).not.toBe("");
});

test("a refusal is an ApiError with its fields", async () => {
  const client = begun();
  await eventually(() => client.connected);
  const refused = client.call("chatr.user.search", { q: "x" });
  await expect(refused).rejects.toMatchObject({ name: "ApiError", code: "invalid", status: 400 });
  await refused.catch((error) => expect(error.at("q")).toBeTruthy());
});

test("comes back after a cut, and hears what it heard before", async () => {
  const client = begun();
  const heard: unknown[] = [];
  client.subscribe("chatr.message.", (_topic, payload) => heard.push(payload), "prefix");
  await eventually(() => client.connected);
  way.cut();
  await eventually(() => states.filter((state) => state.kind === "online").length === 2);
  await writes("after the cut");
  await eventually(() => heard.length === 1);
  expect(heard[0]).toMatchObject({ message: { content: "after the cut" } });
});

test("a topic is subscribed once for all who hear it, until the last is gone", async () => {
  const client = begun();
  const heard: string[] = [];
  const first = client.subscribe("chatr.message.received", () => heard.push("first"));
  const second = client.subscribe("chatr.message.received", () => heard.push("second"));
  await eventually(() => client.connected);
  await writes("one");
  await eventually(() => heard.length === 2);
  first();
  await writes("two");
  await eventually(() => heard.length === 3);
  second();
  await client.call("chatr.user.me", {});
  await writes("three");
  await client.call("chatr.user.me", {});
  expect(heard).toEqual(["first", "second", "second"]);
});

test("a call under which the connection breaks is rejected at once, and not made again", async () => {
  const client = begun();
  await eventually(() => client.connected);
  way.isDeaf = true;
  const call = client.call("chatr.user.me", {});
  way.cut();
  await expect(call).rejects.toMatchObject({ code: "transport_lost" });
  await expect(client.call("chatr.user.me", {})).rejects.toMatchObject({ code: "transport_lost" });
});

test("tickets that are refused end it, the second time", async () => {
  const client = begun({ ticket: () => Promise.resolve("wrong") });
  await eventually(() => states.some((state) => state.kind === "ended"));
  expect(states.at(-1)).toEqual({ kind: "ended", reason: "wamp.error.authentication_denied" });
  expect(states.filter((state) => state.kind === "offline")).toHaveLength(1);
  expect(client.connected).toBe(false);
});

test("a session that is over ends it at once, a server that is away does not", async () => {
  const over = await person("over");
  const at = { origin: origin(), token: over.token };
  const client = begun({ ticket: async () => (await rest("realtime.ticket", {}, at)).ticket });
  await eventually(() => client.connected);
  way.isOpen = false;
  way.cut();
  await eventually(() => states.filter((state) => state.kind === "offline").length >= 2);
  await rest("session.logout", {}, at);
  way.isOpen = true;
  await eventually(() => states.some((state) => state.kind === "ended"));
  expect(states.at(-1)).toEqual({ kind: "ended", reason: "unauthenticated" });
});

test("an aborted call is rejected with the reason, and the session lives on", async () => {
  const client = begun();
  await eventually(() => client.connected);
  const abort = new AbortController();
  const call = client.call("chatr.user.me", {}, abort.signal);
  abort.abort(new Error("nobody asks"));
  await expect(call).rejects.toThrow("nobody asks");
  await expect(client.call("chatr.user.me", {}, abort.signal)).rejects.toThrow("nobody asks");
  expect(await client.call("chatr.user.me", {})).toMatchObject({ id: ann.id });
  expect(states.filter((state) => state.kind === "offline")).toHaveLength(0);
});

test("a connection that says nothing more is given up", async () => {
  const client = begun({ times: { silenceMs: 200, answerMs: 200 } });
  client.subscribe("chatr.", () => undefined, "prefix");
  await eventually(() => client.connected);
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(client.connected, "an idle connection answers").toBe(true);
  way.isDeaf = true;
  await eventually(() => states.some((state) => state.kind === "offline"));
});

test("retry does not wait", async () => {
  way.isOpen = false;
  const client = begun({ times: { firstMs: 60_000, lastMs: 60_000 } });
  await eventually(() => states.some((state) => state.kind === "offline"));
  way.isOpen = true;
  client.retry();
  await eventually(() => client.connected);
});

/** A browser's window, whose network comes and goes. */
function network(): EventTarget {
  const target = new EventTarget();
  vi.stubGlobal("addEventListener", target.addEventListener.bind(target));
  vi.stubGlobal("removeEventListener", target.removeEventListener.bind(target));
  return target;
}

/** A ticket that never comes, the first time. */
function hanging(): { ticket: () => Promise<string>; count: () => number } {
  let count = 0;
  return {
    ticket: () => {
      count += 1;
      return count === 1 ? new Promise(() => undefined) : ticket();
    },
    count: () => count,
  };
}

test("what hangs when the network comes back is given up, whether it is the ticket or the socket", async () => {
  const line = network();
  const first = hanging();
  const client = begun({ ticket: first.ticket });
  await eventually(() => first.count() === 1);
  line.dispatchEvent(new Event("online"));
  await eventually(() => client.connected, "connected", 2_000);
  line.dispatchEvent(new Event("offline"));
  way.isDeaf = true;
  await eventually(() => states.at(-1)?.kind === "connecting" && way.count > 1, "a socket that says nothing");
  way.isDeaf = false;
  line.dispatchEvent(new Event("online"));
  await eventually(() => client.connected, "connected", 2_000);
});

test("a try that is asked for gives up one that hangs, but none that is young", async () => {
  const first = hanging();
  const client = begun({ ticket: first.ticket, times: { youngMs: 200 } });
  client.retry();
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(first.count()).toBe(1);
  client.retry();
  await eventually(() => client.connected, "connected", 2_000);
});

test("a ticket that does not come is given up in time, and does not hold up the end", async () => {
  const signals: AbortSignal[] = [];
  const client = begun({
    ticket: (signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    },
    times: { connectMs: 100 },
  });
  await eventually(() => signals.length === 2);
  expect(signals[0]?.aborted).toBe(true);
  await client.stop();
  expect(signals.at(-1)?.aborted).toBe(true);
  expect(states.some((state) => state.kind === "ended")).toBe(false);
});

test("a connection that died unnoticed is given up soon when somebody asks for it", async () => {
  const client = begun({ times: { silenceMs: 60_000, answerMs: 60_000, doubtMs: 100 } });
  client.subscribe("chatr.", () => undefined, "prefix");
  await eventually(() => client.connected);
  client.retry();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(states.filter((state) => state.kind === "online")).toHaveLength(1);
  way.isDeaf = true;
  client.retry();
  await eventually(() => states.at(-1)?.kind !== "online", "given up", 2_000);
});
