import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { example, exampleParams } from "./example.ts";
import { type DocsPlace, docsPath, docsPlace } from "./places.ts";
import { buildReference, errorMeaning } from "./reference.ts";
import { parse } from "./rst.ts";
import { LANGUAGES, sample } from "./samples.ts";
import { meaning, type Schema, typeParts } from "./schema.ts";
import { find, index } from "./search.ts";
import { tokens } from "./tokens.ts";
import { usersOf } from "./users.ts";

const api = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../../docs/api/${name}`, import.meta.url), "utf8"));
const reference = buildReference(api("openapi.json"), api("wamp.json"));
const operation = (name: string) => {
  const found = reference.operations.find((each) => each.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};

test("an operation has both doors, its status, who may call it, and the status of its errors", () => {
  const send = operation("message.send");
  expect(send).toMatchObject({ area: "message", verb: "POST", path: "/api/messages", status: 201, anybody: false });
  expect(send.errors).toContainEqual({ code: "blocked", status: 403 });
  expect(operation("session.login").anybody).toBe(true);
  for (const { verb, path, errors } of reference.operations) {
    expect(`${verb} ${path}`).toMatch(/^(GET|POST|PUT|PATCH|DELETE) \/api\/./);
    for (const { status } of errors) expect(status).toBeGreaterThanOrEqual(400);
  }
});

test("what an error means for an operation is taken from its text", () => {
  const { text } = operation("message.edit");
  expect(errorMeaning(text, "gone")).toBe("When it was unsent.");
  expect(errorMeaning(operation("message.send").text, "blocked")).toBe("One of the two has blocked the other.");
  expect(errorMeaning(text, "conflict")).toBeUndefined();
});

test("types as people write them", () => {
  const write = (schema: Schema) =>
    typeParts(schema)
      .map(({ text }) => text)
      .join("");
  expect(write({ anyOf: [{ type: "string", format: "uuid" }, { type: "null" }] })).toBe("UUID or null");
  expect(write({ type: "array", items: { $ref: "#/components/schemas/Message" } })).toBe("list of Message");
  expect(write({ enum: ["a", "b"] })).toBe('"a" | "b"');
  expect(meaning({ type: "integer", minimum: 1, maximum: 100, default: 50 })).toEqual({
    text: "",
    limits: { min: 1, max: 100, unit: "number" },
    default: 50,
  });
});

test("every call, answer and event has an example", () => {
  for (const each of reference.operations) {
    const params = exampleParams(each, reference.schemas);
    for (const field of each.params.required ?? []) expect(params).toHaveProperty(field);
    expect(JSON.stringify(example(each.result, reference.schemas))).not.toContain("undefined");
    for (const language of LANGUAGES) expect(sample(language, each, params)).not.toBe("");
  }
  for (const { payload } of reference.topics) expect(example(payload, reference.schemas)).toBeTypeOf("object");
});

test("samples are code that could be run", () => {
  const call = { name: "message.search", anybody: false };
  expect(sample("curl", call, { q: "it's" })).toBe(
    'curl "$CHATR/api/messages/search?q=it%27s" \\\n  -H "Authorization: Bearer $TOKEN"',
  );
  expect(sample("curl", { name: "message.send", anybody: false }, { content: "it's" })).toContain(`"it'\\''s"`);
  expect(sample("python", { name: "x", anybody: true }, { a: true, b: null, c: ["d"] })).toBe(
    'answer = await client.call(\n    "x",\n    a=True,\n    b=None,\n    c=["d"],\n)',
  );
  expect(sample("javascript", call, { q: "x" })).toContain("/api/messages/search?q=x`, {\n  headers: {");
});

test("code is taken apart without a loss", () => {
  const code = '{\n  "a": "b",\n  "n": -1.5,\n  "t": true\n} # so\ncurl "$X/0198-a"';
  const found = tokens(code);
  expect(found.map(({ text }) => text).join("")).toBe(code);
  const of = (kind: string) => found.filter((each) => each.kind === kind).map(({ text }) => text);
  expect(of("key")).toEqual(['"a"', '"n"', '"t"']);
  expect(of("string")).toEqual(['"b"', '"$X/0198-a"']);
  expect(of("number")).toEqual(["-1.5", "true"]);
  expect(of("comment")).toEqual(["# so"]);
});

test("addresses have no dot at their end, and lead back to their place", () => {
  const places: DocsPlace[] = [
    { kind: "home" },
    { kind: "guide", id: "architecture/doors" },
    { kind: "operation", name: "message.mark_read" },
    { kind: "event", name: "message.received" },
    { kind: "type", name: "Message" },
    { kind: "types" },
    { kind: "errors" },
  ];
  for (const place of places) {
    expect(docsPath(place).split("/").at(-1)).not.toContain(".");
    expect(docsPlace(docsPath(place))).toEqual(place);
  }
  expect(docsPath({ kind: "errors" }, "gone")).toBe("/docs/errors#gone");
});

test("search finds names before texts, sections of guides, and only what has all words", () => {
  const guide = {
    id: "clients",
    title: "Clients",
    blocks: parse("Intro\n\nLosing nothing\n==============\n\nKeep the ``cursor`` of last time."),
  };
  const entries = index([guide], reference);
  const titles = (query: string) => find(entries, query).map(({ entry }) => entry.title);
  expect(titles("message.send")[0]).toBe("message.send");
  expect(titles("send")[0]).toBe("message.send");
  expect(find(entries, "losing")[0]?.entry).toMatchObject({
    page: "Clients",
    path: "/docs/guides/clients#losing-nothing",
  });
  expect(titles("cursor last time")).toContain("Losing nothing");
  expect(titles("send rotwnad")).toEqual([]);
  expect(titles("  ")).toEqual([]);
  expect(find(entries, "rate_limited")[0]?.entry.path).toBe("/docs/errors#rate_limited");
});

test("a type says who has it", () => {
  const titles = usersOf("Message", reference).map(({ title }) => title);
  expect(titles).toContain("message.send");
  expect(titles).toContain("message.received");
  expect(titles).not.toContain("user.me");
});
