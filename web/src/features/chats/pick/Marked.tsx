import { find } from "../match.ts";

/** A name with what somebody looks for in it marked. */
export function Marked({ text, query }: { text: string; query: string }) {
  const found = find(text, query);
  if (found === null) return text;
  return (
    <>
      {text.slice(0, found.start)}
      <mark>{text.slice(found.start, found.end)}</mark>
      {text.slice(found.end)}
    </>
  );
}
