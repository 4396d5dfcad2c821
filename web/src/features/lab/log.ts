import { create } from "zustand";

export type Direction = "in" | "out" | "error";

/** Something that passed between the lab and the server. */
export interface LogEntry {
  id: number;
  /** Milliseconds since 1970. */
  at: number;
  direction: Direction;
  /** Whose connection. */
  who: string;
  name: string;
  /** A few words of it. */
  summary: string;
  payload: unknown;
}

/** So many are kept. */
export const KEPT = 2_000;

interface Log {
  /** Newest first. */
  entries: readonly LogEntry[];
}

export const useLog = create<Log>(() => ({ entries: [] }));

let lastId = 0;

export function write(entry: Omit<LogEntry, "id" | "at">): void {
  lastId += 1;
  const made = { ...entry, id: lastId, at: Date.now() };
  useLog.setState(({ entries }) => ({ entries: [made, ...entries.slice(0, KEPT - 1)] }));
}

export function clearLog(): void {
  useLog.setState({ entries: [] });
}

export type Filter = "all" | Direction;

/** Those of a direction that have all words in their name, summary or person. */
export function filtered(entries: readonly LogEntry[], filter: Filter, query: string): readonly LogEntry[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (filter === "all" && words.length === 0) return entries;
  return entries.filter(({ direction, name, summary, who }) => {
    if (filter !== "all" && direction !== filter) return false;
    const text = `${name} ${summary} ${who}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** A few words of a payload: its plain values, ids at the end, for they say the least. */
export function summaryOf(payload: unknown): string {
  if (typeof payload !== "object" || payload === null) return "";
  const entries = Object.entries(payload).sort(([a], [b]) => Number(/id$/i.test(a)) - Number(/id$/i.test(b)));
  return entries
    .flatMap(([key, value]) => part(key, value))
    .slice(0, 3)
    .join(" · ");
}

function part(key: string, value: unknown): string[] {
  switch (typeof value) {
    case "string":
      return value === "" ? [] : [`${key}: ${shortened(value)}`];
    case "number":
    case "boolean":
      return [`${key}: ${value}`];
    default:
      return [];
  }
}

function shortened(text: string): string {
  if (/^[0-9a-f]{8}-/.test(text)) return `${text.slice(0, 4)}…${text.slice(-4)}`;
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
