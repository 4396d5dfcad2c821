import { choices, resolve, type Schema, type Schemas, words } from "../docs/schema.ts";

/** A field of a call, as a form shows it. */
export interface FormField {
  name: string;
  required: boolean;
  kind: "text" | "number" | "choice" | "switch" | "json";
  /** Null can be given, and is something else than nothing. */
  nullable: boolean;
  /** Of a choice. */
  options: readonly string[];
  /** What the server takes when nothing is given. */
  default: unknown;
  isId: boolean;
  /** Chosen anew for each call when it is empty. */
  fresh: boolean;
  secret: boolean;
}

/** What stands in the fields: text as typed, null where that was asked for; what is absent is not given. */
export type Values = Readonly<Record<string, string | boolean | null>>;
export type Params = Record<string, unknown>;

export type FormError = "notJson" | "notNumber" | "notObject";

/** The fields of a call, those that are needed first. */
export function fieldsOf(params: Schema, schemas: Schemas): FormField[] {
  const { properties = {}, required = [] } = params;
  return Object.entries(properties)
    .map(([name, schema]) => fieldOf(name, schema, required.includes(name), schemas))
    .sort((a, b) => Number(b.required) - Number(a.required));
}

function fieldOf(name: string, schema: Schema, required: boolean, schemas: Schemas): FormField {
  const { schemas: all, nullable } = choices(schema);
  const [first = {}] = all;
  const options = words(schema) ?? [];
  return {
    name,
    required,
    kind: options.length > 0 ? "choice" : kindOf(resolve(first, schemas)),
    nullable: nullable && schema.default !== null,
    options,
    default: schema.default ?? undefined,
    isId: first.format === "uuid",
    fresh: name === "clientId",
    secret: /password$/i.test(name),
  };
}

function kindOf({ type }: Schema): FormField["kind"] {
  switch (type) {
    case "string":
      return "text";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "switch";
    default:
      return "json";
  }
}

export interface FormResult {
  params: Params;
  errors: Readonly<Record<string, FormError>>;
}

/** What the fields say, as parameters of a call. Whether the values are right is for the server to say. */
export function paramsOf(fields: readonly FormField[], values: Values, makeId: () => string): FormResult {
  const params: Params = {};
  const errors: Record<string, FormError> = {};
  for (const field of fields) {
    const { name, kind, fresh } = field;
    const value = values[name];
    if (value === null) params[name] = null;
    else if (typeof value === "boolean") params[name] = value;
    else if (value === undefined || value === "") {
      if (fresh && field.required) params[name] = makeId();
    } else if (kind === "number") {
      if (/^-?\d+$/.test(value.trim())) params[name] = Number(value);
      else errors[name] = "notNumber";
    } else if (kind === "json") {
      const parsed = parseJson(value);
      if (parsed === undefined) errors[name] = "notJson";
      else params[name] = parsed;
    } else params[name] = value;
  }
  return { params, errors };
}

/** Fields that have what a call was given. */
export function valuesOf(fields: readonly FormField[], params: Params): Values {
  const known = new Map(fields.map((field) => [field.name, field]));
  const given = Object.entries(params).filter(([name]) => known.has(name));
  return Object.fromEntries(given.map(([name, value]) => [name, asTyped(known.get(name)?.kind, value)]));
}

function asTyped(kind: FormField["kind"] | undefined, value: unknown): string | boolean | null {
  if (value === null || typeof value === "boolean") return value;
  return kind === "json" || typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Parameters that were written as JSON. */
export function paramsOfJson(text: string): Params | FormError {
  const parsed = text.trim() === "" ? {} : parseJson(text);
  if (parsed === undefined) return "notJson";
  return isObject(parsed) ? parsed : "notObject";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Params {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
