import { requestOf } from "../../api/rest.ts";
import type { Operation } from "./reference.ts";

export const LANGUAGES = ["curl", "python", "javascript"] as const;
export type Language = (typeof LANGUAGES)[number];

export function isLanguage(text: string | null): text is Language {
  return LANGUAGES.some((each) => each === text);
}

type Call = Pick<Operation, "name" | "anybody">;

/** A call, written in a language. */
export function sample(language: Language, call: Call, params: Record<string, unknown>): string {
  switch (language) {
    case "curl":
      return curl(call, params);
    case "python":
      return python(call, params);
    case "javascript":
      return javascript(call, params);
  }
}

function curl({ name, anybody }: Call, params: Record<string, unknown>): string {
  const { verb, url, body } = requestOf(name, params);
  const lines = [`curl "$CHATR/api${url}"`];
  if (verb !== (body === undefined ? "GET" : "POST")) lines[0] += ` -X ${verb}`;
  if (!anybody) lines.push(`-H "Authorization: Bearer $TOKEN"`);
  if (body !== undefined) {
    lines.push(`-H 'Content-Type: application/json'`);
    // An apostrophe ends what a shell takes as it is.
    lines.push(`-d '${JSON.stringify(JSON.parse(body), null, 2).replaceAll("'", `'\\''`)}'`);
  }
  return lines.join(" \\\n  ");
}

function python({ name }: Call, params: Record<string, unknown>): string {
  const args = Object.entries(params).map(([field, value]) => `    ${field}=${pythonValue(value)},\n`);
  return `answer = await client.call(\n    "${name}",\n${args.join("")})`;
}

function pythonValue(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(pythonValue).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value)
      .map(([key, each]) => `"${key}": ${pythonValue(each)}`)
      .join(", ")}}`;
  }
  return JSON.stringify(value);
}

function javascript({ name, anybody }: Call, params: Record<string, unknown>): string {
  const { verb, url, body } = requestOf(name, params);
  const headers = [
    ...(anybody ? [] : [`    Authorization: \`Bearer \${token}\`,`]),
    ...(body === undefined ? [] : [`    "Content-Type": "application/json",`]),
  ];
  const options = [
    ...(verb === "GET" ? [] : [`  method: "${verb}",`]),
    ...(headers.length === 0 ? [] : ["  headers: {", ...headers, "  },"]),
    ...(body === undefined ? [] : [`  body: JSON.stringify(${indented(JSON.stringify(JSON.parse(body), null, 2))}),`]),
  ];
  const second = options.length === 0 ? "" : `, {\n${options.join("\n")}\n}`;
  return `const response = await fetch(\`\${chatr}/api${url}\`${second});\nconst answer = await response.json();`;
}

function indented(text: string): string {
  return text.replaceAll("\n", "\n  ");
}
