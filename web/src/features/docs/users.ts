import type { DocsPlace } from "./places.ts";
import type { Reference } from "./reference.ts";
import { refName, type Schema } from "./schema.ts";

/** Something that has a type in what it takes, answers or carries. */
export interface User {
  title: string;
  place: DocsPlace;
}

/** Who has a type, directly. */
export function usersOf(name: string, { operations, topics, schemas }: Reference): User[] {
  const own = schemas[name];
  return [
    ...operations
      .filter(({ params, result }) => params === own || mentions(params, name) || mentions(result, name))
      .map(({ name }): User => ({ title: name, place: { kind: "operation", name } })),
    ...topics
      .filter(({ payload }) => payload === own || mentions(payload, name))
      .map(({ name }): User => ({ title: name, place: { kind: "event", name } })),
    ...Object.entries(schemas)
      .filter(([other, schema]) => other !== name && mentions(schema, name))
      .map(([name]): User => ({ title: name, place: { kind: "type", name } })),
  ];
}

function mentions(schema: Schema, name: string): boolean {
  if (refName(schema) === name) return true;
  const inside = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...Object.values(schema.properties ?? {})];
  if (schema.items !== undefined) inside.push(schema.items);
  return inside.some((each) => mentions(each, name));
}
