import { readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { buildReference } from "../docs/reference.ts";
import type { Schema } from "../docs/schema.ts";
import { type FormField, fieldsOf, paramsOf, paramsOfJson, valuesOf } from "./form.ts";
import { kindOf, knownIn, remember } from "./ids.ts";
import { fitting, initialValues } from "./initial.ts";
import { filtered, type LogEntry, summaryOf } from "./log.ts";
import { labPath, labQuery } from "./places.ts";
import { pointsOf } from "./Sparkline.tsx";
import { repeat, seriesOf } from "./series.ts";
import { Queue } from "./slow.ts";
import { opened, passed, type Talk, talkWith } from "./talk.ts";

const api = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../../docs/api/${name}`, import.meta.url), "utf8"));
const reference = buildReference(api("openapi.json"), api("wamp.json"));

function operation(name: string) {
  const found = reference.operations.find((each) => each.name === name);
  if (found === undefined) throw new Error(name);
  return found;
}

function fields(name: string): FormField[] {
  return fieldsOf(operation(name).params, reference.schemas);
}

afterEach(() => vi.useRealTimers());

test("fields have the control that fits their schema, those that are needed first", () => {
  const send = fields("message.send");
  expect(send.slice(0, 2).map(({ name, required }) => [name, required])).toEqual([
    ["clientId", true],
    ["content", false],
  ]);
  const kind = (name: string, field: string) => fields(name).find((each) => each.name === field)?.kind;
  expect(kind("message.send", "linkPreview")).toBe("switch");
  expect(kind("message.send", "type")).toBe("choice");
  expect(kind("conversation.list", "limit")).toBe("number");
  expect(kind("presence.query", "userIds")).toBe("json");
  expect(kind("user.update_settings", "privacy")).toBe("json");
  expect(kind("account.register", "gender")).toBe("choice");
});

test("null is offered only where it says something", () => {
  const nullable = (name: string) =>
    fields(name)
      .filter((each) => each.nullable)
      .map((each) => each.name);
  expect(nullable("message.send")).toEqual([]);
  expect(nullable("message.react")).toEqual(["emoji"]);
});

test("what is empty is not given, but for what is chosen anew for each call", () => {
  const { params, errors } = paramsOf(fields("message.send"), { content: "Hi", recipientId: "" }, () => "new");
  expect(params).toEqual({ content: "Hi", clientId: "new" });
  expect(errors).toEqual({});
});

test("numbers, JSON, switches and null become what they are; what can't is said at its field", () => {
  const schema: Schema = {
    required: [],
    properties: {
      count: { type: "integer" },
      list: { type: "array", items: { type: "string" } },
      on: { type: "boolean", default: true },
      until: { anyOf: [{ type: "string" }, { type: "null" }] },
    },
  };
  const all = fieldsOf(schema, {});
  expect(paramsOf(all, { count: "7", list: '["a"]', on: false, until: null }, String).params).toEqual({
    count: 7,
    list: ["a"],
    on: false,
    until: null,
  });
  expect(paramsOf(all, { count: "seven", list: "[" }, String).errors).toEqual({ count: "notNumber", list: "notJson" });
  expect(valuesOf(all, { count: 7, list: ["a"], on: false, until: null, other: 1 })).toEqual({
    count: "7",
    list: '["a"]',
    on: false,
    until: null,
  });
});

test("parameters may be written as JSON", () => {
  expect(paramsOfJson('{"a": [1]}')).toEqual({ a: [1] });
  expect(paramsOfJson("")).toEqual({});
  expect(paramsOfJson("{")).toBe("notJson");
  expect(paramsOfJson("[1]")).toBe("notObject");
});

const person = (id: string) => ({ id, username: `@${id}`, displayName: id.toUpperCase() });
const message = (id: string, seq: number) => ({
  id,
  seq,
  conversationId: "c1",
  sender: person("ben"),
  content: `text ${seq}`,
});

test("ids that came by are offered, the newest first; what another has seen stays theirs, but for people", () => {
  const list = {
    items: [
      { id: "c2", headSeq: 9, other: person("mia") },
      { id: "c1", headSeq: 3, other: person("ben") },
    ],
  };
  let known = remember([], knownIn(list), "ann");
  known = remember(known, knownIn({ items: [message("m1", 1), message("m2", 2)] }), "ann");
  known = remember(known, knownIn(person("ann")), "ann");
  const ids = (operation: string, field: string, me: string) =>
    fitting(known, operation, field, me, ["mia"]).map(({ id }) => id);
  expect(ids("message.history", "conversationId", "ann")).toEqual(["c2", "c1"]);
  expect(ids("message.get", "id", "ann")).toEqual(["m2", "m1"]);
  expect(ids("message.get", "id", "ben")).toEqual([]);
  expect(ids("friend.request", "userId", "ann")).toEqual(["mia", "ben", "ann"]);
  expect(initialValues(operation("message.history"), fields("message.history"), known, "ann", [])).toEqual({
    conversationId: "c2",
  });
  expect(kindOf("oidc.start", "id")).toBeUndefined();
});

test("every operation has a form, and its example passes through it", () => {
  for (const { name } of reference.operations) {
    const values = initialValues(operation(name), fields(name), [], "me", []);
    expect(paramsOf(fields(name), values, () => "id").errors).toEqual({});
  }
});

const entry = (id: number, direction: LogEntry["direction"], name: string): LogEntry => {
  return { id, at: 0, direction, who: "Ada", name, summary: "seq: 4", payload: {} };
};

test("the log is filtered by direction and by words", () => {
  const entries = [entry(3, "error", "message.edit ! gone"), entry(2, "in", "message.received"), entry(1, "out", "x")];
  const ids = (filter: Parameters<typeof filtered>[1], query: string) =>
    filtered(entries, filter, query).map(({ id }) => id);
  expect(ids("all", "")).toEqual([3, 2, 1]);
  expect(ids("error", "")).toEqual([3]);
  expect(ids("all", "ada MESSAGE")).toEqual([3, 2]);
  expect(ids("in", "edit")).toEqual([]);
});

test("a payload in a few words", () => {
  expect(summaryOf({ conversationId: "0198f2c4-5b1e-7c3a-9d52-6f0e8a41e77a", active: true, message: {} })).toBe(
    "active: true · conversationId: 0198…e77a",
  );
  expect(summaryOf(undefined)).toBe("");
});

test("an address opens an operation with its fields filled", () => {
  const path = labPath("message.search", { q: "a & b" });
  expect(labQuery(path.slice(path.indexOf("?")))).toEqual({ operation: "message.search", params: { q: "a & b" } });
  expect(labQuery("?call=user.me&with=%7B")).toEqual({ operation: "user.me", params: {} });
  expect(labQuery("")).toBeUndefined();
});

test("a series is made to its end or until it is stopped, and summed up", async () => {
  const good = { kind: "good", ms: 5, result: {} } as const;
  expect(await repeat(20, async () => good, new AbortController().signal)).toMatchObject({ count: 20, good: 20 });
  const end = new AbortController();
  let calls = 0;
  const stopped = await repeat(
    100,
    async () => {
      calls += 1;
      if (calls === 10) end.abort();
      return good;
    },
    end.signal,
  );
  expect(stopped.count).toBeLessThan(100);
  expect(seriesOf([9, 1, 5].map((ms) => ({ ...good, ms })))).toEqual({ count: 3, good: 3, median: 5, slowest: 9 });
});

test("over a slow network everything comes later, and in order", () => {
  vi.useFakeTimers();
  let delay = 500;
  const queue = new Queue(() => delay);
  const done: string[] = [];
  queue.put(() => done.push("a"));
  delay = 0;
  queue.put(() => done.push("b"));
  expect(done).toEqual([]);
  vi.advanceTimersByTime(500);
  expect(done).toEqual(["a", "b"]);
  queue.put(() => done.push("c"));
  expect(done).toEqual(["a", "b", "c"]);
});

test("the line of latencies stays in its box", () => {
  for (const [x, y] of pointsOf([0, 40, 3])) {
    expect(x).toBeGreaterThanOrEqual(3);
    expect(x).toBeLessThanOrEqual(81);
    expect(y).toBeGreaterThanOrEqual(3);
    expect(y).toBeLessThanOrEqual(19);
  }
  expect(pointsOf([7])).toHaveLength(1);
});

test("a talk is of what passes between two, whatever else comes by", () => {
  const message = (seq: number, sender: string, more = {}) => ({
    id: `m${seq}`,
    conversationId: "c",
    seq,
    sender: { id: sender, username: "@x", displayName: "X" },
    type: "text" as const,
    content: String(seq),
    createdAt: "2026-11-27T03:00:00Z",
    ...more,
  });
  const told = (talk: Talk, topic: string, payload: unknown) => passed(talk, { topic, payload });
  let talk = told(talkWith("sam"), "", message(1, "mira"));
  expect([talk.messages, talk.hints]).toEqual([[], 1]);
  talk = opened(talk, [message(1, "mira")]);
  talk = told(talk, "chatr.message.received", { conversationId: "c", seq: 3, message: message(3, "sam") });
  talk = told(talk, "", { items: [message(2, "mira"), message(9, "ada", { conversationId: "d" })] });
  expect(talk.messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  const signal = { conversationId: "c", userId: "sam", readSeq: 2, deliveredSeq: 2, active: true };
  talk = told(talk, "chatr.activity.typing", signal);
  talk = told(talk, "chatr.message.status", signal);
  expect([talk.typing, talk.marks.otherReadSeq]).toEqual([true, 2]);
  talk = told(talk, "", { items: [message(3, "sam")] });
  expect(talk.typing).toBe(true);
  talk = told(talk, "chatr.message.unsent", { conversationId: "c", seq: 4, messageId: "m3" });
  expect(talk.messages[2]).toMatchObject({ unsent: true, content: "" });
  talk = told(talk, "chatr.message.received", { conversationId: "c", seq: 5, message: message(5, "sam") });
  expect(talk.typing).toBe(false);
  expect(told(talk, "chatr.activity.typing", { ...signal, conversationId: "d" })).toBe(talk);
  expect(told(talkWith("sam"), "", { headSeq: 1, id: "c", other: { id: "sam" } }).conversationId).toBe("c");
});
