import type { Guide } from "./guides.ts";
import { type DocsPlace, docsPath } from "./places.ts";
import type { Reference } from "./reference.ts";
import { type Block, plain } from "./rst.ts";

export type EntryKind = "guide" | "operation" | "event" | "type" | "error";

/** Something that can be found. */
export interface Entry {
  kind: EntryKind;
  title: string;
  /** Which page a section is of. */
  page?: string;
  path: string;
  text: string;
}

export interface Hit {
  entry: Entry;
  /** Some words around what was found in the text. */
  snippet: string;
}

const MOST = 30;
/** Names come before sections of guides that mention them. */
const RANK: Record<EntryKind, number> = { operation: 4, event: 3, guide: 2, error: 1, type: 0 };

/** All that there is, once. */
export function index(guides: readonly Guide[], reference: Reference | undefined): Entry[] {
  const entries = guides.flatMap(sections);
  if (reference === undefined) return entries;
  const fields = (schema: { properties?: object }) => Object.keys(schema.properties ?? {}).join(" ");
  const at = (place: DocsPlace) => docsPath(place);
  return [
    ...entries,
    ...reference.operations.map(({ name, summary, text, verb, path, params }): Entry => {
      const words = `${summary} ${text} ${verb} ${path} ${fields(params)}`;
      return { kind: "operation", title: name, path: at({ kind: "operation", name }), text: bare(words) };
    }),
    ...reference.topics.map(({ name, text, payload }): Entry => {
      return {
        kind: "event",
        title: name,
        path: at({ kind: "event", name }),
        text: bare(`${text} ${fields(payload)}`),
      };
    }),
    ...Object.entries(reference.schemas).map(([name, schema]): Entry => {
      const text = bare(`${schema.description ?? ""} ${fields(schema)}`);
      return { kind: "type", title: name, path: at({ kind: "type", name }), text };
    }),
    ...reference.errors.map(({ code, status }): Entry => {
      return { kind: "error", title: code, path: docsPath({ kind: "errors" }, code), text: String(status) };
    }),
  ];
}

/** Each section of a guide for itself. */
function sections({ id, title, blocks }: Guide): Entry[] {
  const found: Entry[] = [{ kind: "guide", title, path: docsPath({ kind: "guide", id }), text: "" }];
  for (const block of blocks) {
    if (block.kind === "heading") {
      const path = docsPath({ kind: "guide", id }, block.id);
      found.push({ kind: "guide", title: block.text, page: title, path, text: "" });
    } else {
      const last = found.at(-1);
      if (last !== undefined) last.text += ` ${textOf(block)}`;
    }
  }
  return found;
}

function textOf(block: Block): string {
  switch (block.kind) {
    case "heading":
    case "code":
      return block.text;
    case "paragraph":
      return plain(block.inline);
    case "list":
      return block.items.flat().map(textOf).join(" ");
    case "definitions":
      return block.items.map(({ term, blocks }) => `${plain(term)} ${blocks.map(textOf).join(" ")}`).join(" ");
    case "table":
      return [block.head, ...block.rows].flat().map(plain).join(" ");
  }
}

function bare(text: string): string {
  return text.replaceAll("``", "").replace(/\s+/g, " ").trim();
}

/** What has all words, in its title or its text; what has them in its title first. */
export function find(entries: readonly Entry[], query: string): Hit[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  return entries
    .map((entry) => ({ entry, score: score(entry, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || RANK[b.entry.kind] - RANK[a.entry.kind])
    .slice(0, MOST)
    .map(({ entry }) => ({ entry, snippet: snippet(entry.text, words) }));
}

function score({ title, text }: Entry, words: readonly string[]): number {
  const name = title.toLowerCase();
  const body = text.toLowerCase();
  let total = 0;
  for (const word of words) {
    const at = name.indexOf(word);
    if (name === word) total += 8;
    else if (at === 0 || (at > 0 && /[\W_]/.test(name[at - 1] ?? ""))) total += 5;
    else if (at > 0) total += 3;
    else if (body.includes(word)) total += 1;
    else return 0;
  }
  return total;
}

const BEFORE = 28;
const AFTER = 90;

function snippet(text: string, words: readonly string[]): string {
  const body = text.toLowerCase();
  const at = words.map((word) => body.indexOf(word)).find((each) => each >= 0) ?? 0;
  const from = at <= BEFORE ? 0 : text.indexOf(" ", at - BEFORE) + 1;
  const cut = text.slice(from, from + BEFORE + AFTER).trim();
  return (from > 0 ? "…" : "") + cut;
}
