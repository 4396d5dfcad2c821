import type { Schema, Schemas } from "./schema.ts";

export interface Operation {
  /** As `message.send`. */
  name: string;
  /** The part before the dot. */
  area: string;
  verb: string;
  /** With `/api` in front. */
  path: string;
  /** Its first sentence, and the rest; reStructuredText. */
  summary: string;
  text: string;
  params: Schema;
  result: Schema;
  /** Of a good answer. */
  status: number;
  anybody: boolean;
  errors: readonly ErrorCase[];
  rate: Rate | undefined;
}

export interface ErrorCase {
  code: string;
  status: number;
}

export interface Rate {
  count: number;
  seconds: number;
  /** What it is counted with. */
  together?: string;
}

export interface Topic {
  name: string;
  area: string;
  text: string;
  payload: Schema;
  audience: string;
  /** Not in the log of a conversation or among changes: who is away misses it. */
  ephemeral: boolean;
}

export interface Reference {
  operations: readonly Operation[];
  topics: readonly Topic[];
  schemas: Schemas;
  /** All codes with their status, by status. */
  errors: readonly ErrorCase[];
  version: string;
}

interface OpenApiOperation {
  operationId?: string;
  responses?: Record<string, { description?: string }>;
  "x-rate-limit"?: Rate;
}

export interface OpenApi {
  paths: Record<string, Record<string, OpenApiOperation>>;
}

export interface WampReference {
  version: string;
  procedures: Record<string, { kwargs: Schema; result: Schema; who: string[]; errors: string[]; doc: string }>;
  topics: Record<string, { kwargs: Schema; audience: string; ephemeral: boolean; doc: string }>;
  components: { schemas: Record<string, Schema> };
}

/** Every call can end so: said once, not at each operation. */
export const ALWAYS = new Set(["invalid", "unauthenticated", "rate_limited", "internal", "unavailable"]);

/** One reference out of what the server says of its two doors. */
export function buildReference(openapi: OpenApi, wamp: WampReference): Reference {
  const { schemas } = wamp.components;
  const routes = routesOf(openapi);
  const status = statuses(openapi);
  const operations = Object.entries(wamp.procedures).map(([uri, { kwargs, result, who, errors, doc }]): Operation => {
    const name = bare(uri);
    const route = routes.get(name);
    const [summary = "", ...rest] = doc.split("\n\n");
    return {
      name,
      area: areaOf(name),
      verb: route?.verb ?? "",
      path: route === undefined ? "" : `/api${route.path}`,
      summary: summary.replace(/\s+/g, " "),
      text: rest.join("\n\n"),
      params: named(kwargs, schemas),
      result,
      status: route?.good ?? 200,
      anybody: who.includes("anonymous"),
      errors: errors.map((uri) => ({ code: bare(uri).replace(/^error\./, ""), status: 0 })).map(withStatus(status)),
      rate: route?.rate,
    };
  });
  const topics = Object.entries(wamp.topics).map(([uri, { kwargs, audience, ephemeral, doc }]): Topic => {
    const name = bare(uri);
    return { name, area: areaOf(name), text: doc, payload: named(kwargs, schemas), audience, ephemeral };
  });
  const errors = (schemas.Problem?.properties?.code?.enum ?? [])
    .map((code) => withStatus(status)({ code, status: 0 }))
    .sort((a, b) => a.status - b.status);
  return { operations, topics, schemas, errors, version: wamp.version };
}

function bare(uri: string): string {
  return uri.replace(/^chatr\./, "");
}

export function areaOf(name: string): string {
  return name.split(".")[0] ?? "";
}

/** A schema by its name; itself where it has none. */
function named(schema: Schema, schemas: Schemas): Schema {
  return schemas[schema.$ref?.split("/").at(-1) ?? ""] ?? schema;
}

function withStatus(status: ReadonlyMap<string, number>) {
  return ({ code }: ErrorCase): ErrorCase => ({ code, status: status.get(code) ?? 0 });
}

interface Route {
  verb: string;
  path: string;
  good: number;
  rate: Rate | undefined;
}

function* operationsOf({ paths }: OpenApi): Generator<[verb: string, path: string, operation: OpenApiOperation]> {
  for (const [path, verbs] of Object.entries(paths)) {
    for (const [verb, operation] of Object.entries(verbs)) yield [verb, path, operation];
  }
}

function routesOf(openapi: OpenApi): Map<string, Route> {
  const routes = new Map<string, Route>();
  for (const [verb, path, { operationId = "", responses = {}, "x-rate-limit": rate }] of operationsOf(openapi)) {
    const good = Object.keys(responses).find((each) => each.startsWith("2")) ?? "200";
    if (!routes.has(operationId)) routes.set(operationId, { verb: verb.toUpperCase(), path, good: Number(good), rate });
  }
  return routes;
}

/** Which status each code has: an answer's description lists its codes, as "Code: blocked or forbidden". */
function statuses(openapi: OpenApi): Map<string, number> {
  const found = new Map<string, number>();
  for (const [, , { responses = {} }] of operationsOf(openapi)) {
    for (const [status, { description = "" }] of Object.entries(responses)) {
      const [, codes] = /^Code: (.+)$/.exec(description) ?? [];
      for (const code of codes?.split(/, | or /) ?? []) found.set(code, Number(status));
    }
  }
  return found;
}

/** What a code means for one operation, where its text says so: "``gone`` when it was unsent." */
export function errorMeaning(text: string, code: string): string | undefined {
  const clauses = text.replace(/\s+/g, " ").split(/(?<=[.;]) (?=``)/);
  const clause = clauses.find((each) => each.startsWith(`\`\`${code}\`\``));
  if (clause === undefined) return undefined;
  const [sentence = ""] = clause.slice(code.length + 4).split(/(?<=\.) (?=[A-Z])/);
  const words = sentence.replace(/^[:,]?\s*/, "").replace(/[;,]$|(?<!\.)$/, ".");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
