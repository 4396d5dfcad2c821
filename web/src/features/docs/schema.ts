/** What of JSON Schema the contract uses. */
export interface Schema {
  $ref?: string;
  title?: string;
  description?: string;
  type?: string;
  format?: string;
  enum?: readonly string[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  items?: Schema;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  default?: unknown;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
}

export type Schemas = Readonly<Record<string, Schema>>;

/** A piece of a type as it is written; `type` when it is a name that has a page. */
export interface TypePart {
  text: string;
  type?: string;
}

/** The name that a reference leads to. */
export function refName({ $ref }: Schema): string | undefined {
  return $ref?.split("/").at(-1);
}

/** What a schema stands for. */
export function resolve(schema: Schema, schemas: Schemas): Schema {
  const name = refName(schema);
  return name === undefined ? schema : (schemas[name] ?? {});
}

/** The choices of a schema without null, and whether null is one of them. */
export function choices(schema: Schema): { schemas: readonly Schema[]; nullable: boolean } {
  const all = schema.anyOf ?? schema.oneOf ?? [schema];
  const schemas = all.filter(({ type }) => type !== "null");
  return { schemas, nullable: schemas.length < all.length };
}

/** All values of a schema that is nothing but a list of words. */
export function words(schema: Schema): readonly string[] | undefined {
  const { schemas } = choices(schema);
  return schemas.every((each) => each.enum !== undefined) ? schemas.flatMap((each) => each.enum ?? []) : undefined;
}

/** The type of a field, as people write it. That it may be null says nothing where null is what is taken without it. */
export function typeParts(schema: Schema): TypePart[] {
  const { schemas, nullable } = choices(schema);
  const parts = schemas.flatMap((each, at) => [...(at > 0 ? [{ text: " or " }] : []), ...single(each)]);
  return nullable && schema.default !== null ? [...parts, { text: " or null" }] : parts;
}

function single(schema: Schema): TypePart[] {
  const name = refName(schema);
  if (name !== undefined) return [{ text: name, type: name }];
  if (schema.enum !== undefined) return [{ text: schema.enum.map((word) => `"${word}"`).join(" | ") }];
  switch (schema.type) {
    case "array":
      return [{ text: "list of " }, ...typeParts(schema.items ?? {})];
    case "string":
      return [{ text: FORMATS[schema.format ?? ""] ?? "text" }];
    case undefined:
      return [{ text: "JSON" }];
    default:
      return [{ text: schema.type }];
  }
}

const FORMATS: Record<string, string> = { uuid: "UUID", "date-time": "time", email: "e-mail" };
/** They say what the type says already. */
const KNOWN = new Set(["A lower-case UUID.", "RFC 3339, UTC, milliseconds.", "An e-mail address."]);

/** What a field means and what it may be, beyond its type. */
export interface Meaning {
  text: string;
  limits: { min?: number; max?: number; unit: "characters" | "items" | "number" } | undefined;
  default: unknown;
}

export function meaning(schema: Schema): Meaning {
  const [first = {}] = choices(schema).schemas;
  const text = [schema.description, first.description].find((each) => each !== undefined && !KNOWN.has(each)) ?? "";
  return { text, limits: limits(first), default: schema.default ?? undefined };
}

function limits(schema: Schema): Meaning["limits"] {
  if (schema.format === "uuid") return undefined;
  const { minLength, maxLength, minItems, maxItems, minimum, maximum } = schema;
  if (maxLength !== undefined || minLength !== undefined) return { min: minLength, max: maxLength, unit: "characters" };
  if (maxItems !== undefined || minItems !== undefined) return { min: minItems, max: maxItems, unit: "items" };
  // The greatest integer that JSON is sure of is no limit to speak of.
  const max = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (minimum !== undefined || max !== undefined) return { min: minimum, max, unit: "number" };
  return undefined;
}
