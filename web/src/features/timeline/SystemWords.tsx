import type { SentencePart } from "./system.ts";

/** What the system tells; names run their own way, and stand out where that is wanted. */
export function SystemWords({ parts }: { parts: readonly SentencePart[] }) {
  return parts.map(({ text, name }, place) => {
    // They are made at once and never move.
    const key = String(place);
    return name ? <bdi key={key}>{text}</bdi> : <span key={key}>{text}</span>;
  });
}
