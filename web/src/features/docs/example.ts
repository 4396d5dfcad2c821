import type { Operation } from "./reference.ts";
import { choices, resolve, type Schema, type Schemas } from "./schema.ts";

/** So deep an example goes: a list of conversations has messages with quotes in it. */
const DEEPEST = 4;
const UUID = "0198f2c4-5b1e-7c3a-9d52-6f0e8a41e77a";

/** What stands in a text field, by its name. */
const TEXTS: Record<string, string> = {
  content: "Hello",
  username: "@mira",
  displayName: "Mira Lindqvist",
  firstName: "Mira",
  lastName: "Lindqvist",
  login: "mira@example.org",
  password: "a long enough sentence",
  newPassword: "another long sentence",
  currentPassword: "a long enough sentence",
  phoneNumber: "+4915112345678",
  code: "123456",
  emoji: "👍",
  q: "harbour",
  query: "mira",
  url: "https://example.org/",
};

/** Of operations that take one of several fields, which are needed though the schema cannot say so. */
const NEEDED: Record<string, readonly string[]> = {
  "message.send": ["recipientId"],
  "message.history": ["conversationId"],
  "account.register": ["email"],
  "user.update": ["displayName"],
  "activity.typing": ["conversationId"],
  "activity.recording": ["conversationId"],
  "session.verify_login": ["code"],
  "conversation.update": ["pinned"],
};

/** The fields of a call that an example shows. */
export function shownFields({ name, params }: Pick<Operation, "name" | "params">): string[] {
  const { properties = {}, required = [] } = params;
  return Object.keys(properties).filter((field) => required.includes(field) || NEEDED[name]?.includes(field));
}

/** A call as somebody might make it. */
export function exampleParams(
  operation: Pick<Operation, "name" | "params">,
  schemas: Schemas,
): Record<string, unknown> {
  const { properties = {} } = operation.params;
  return Object.fromEntries(
    shownFields(operation).map((field) => [field, example(properties[field] ?? {}, schemas, field)]),
  );
}

/** A value that a schema allows. */
export function example(schema: Schema, schemas: Schemas, field = "", depth = 0): unknown {
  const [first = {}] = choices(resolve(schema, schemas)).schemas;
  const found = resolve(first, schemas);
  if (found.oneOf !== undefined || found.anyOf !== undefined) return example(found, schemas, field, depth);
  if (found.enum !== undefined) return found.default ?? (found.enum.includes("text") ? "text" : found.enum[0]);
  switch (found.type) {
    case "object":
      return depth < DEEPEST ? object(found, schemas, depth) : {};
    case "array":
      return found.items === undefined || depth >= DEEPEST ? [] : [example(found.items, schemas, field, depth + 1)];
    case "integer":
    case "number":
      return found.default ?? (field.endsWith("eq") ? 418 : Math.max(found.minimum ?? 1, 1));
    case "boolean":
      return found.default ?? true;
    default:
      return text(found, field);
  }
}

function object({ properties = {}, required = [] }: Schema, schemas: Schemas, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([field]) => required.includes(field))
      .map(([field, schema]) => [field, example(schema, schemas, field, depth + 1)]),
  );
}

function text({ format }: Schema, field: string): string {
  if (format === "uuid") return UUID;
  if (format === "date-time") return "2026-11-27T09:30:00.000Z";
  if (format === "email") return "mira@example.org";
  return TEXTS[field] ?? "…";
}
