/** What stands before the caret and may be completed: `from` is where its sign stands. */
export interface Query {
  kind: "person" | "emoji";
  word: string;
  from: number;
  to: number;
}

/** Two letters: `:)` and times as 10:30 ask for nothing. */
const EMOJI = /(?:^|[\s(])(:[a-z0-9_+-]{2,30})$/iu;
const PERSON = /(?:^|[\s(])(@[\p{L}\p{N}._-]{0,30})$/u;

/** What the text before the caret asks to complete. */
export function queryAt(text: string, caret: number): Query | undefined {
  const before = text.slice(Math.max(0, caret - 40), caret);
  const found = PERSON.exec(before) ?? EMOJI.exec(before);
  const sign = found?.[1];
  if (sign === undefined) return undefined;
  return { kind: sign.startsWith("@") ? "person" : "emoji", word: sign.slice(1), from: caret - sign.length, to: caret };
}

/** Those whose name or username begins with the word, or has a part that does. */
export function matching<P extends { username: string; displayName: string }>(people: readonly P[], word: string): P[] {
  const wanted = word.toLowerCase();
  return people.filter(({ username, displayName }) =>
    [username.replace(/^@/, ""), ...displayName.split(/\s+/)].some((each) => each.toLowerCase().startsWith(wanted)),
  );
}

/** More than these bring another letter. */
export const MOST_OPTIONS = 8;

interface Named {
  id: string;
  username: string;
  displayName: string;
}

/** Whom to offer: those who have written here first, then whoever else was found; each once, and all of them fitting. */
export function offered<P extends Named>(known: readonly P[], found: readonly P[], word: string, me: string): P[] {
  const each = new Map<string, P>();
  for (const person of [...known, ...found]) if (person.id !== me && !each.has(person.id)) each.set(person.id, person);
  return matching([...each.values()], word).slice(0, MOST_OPTIONS);
}

/** Whether a word may become that for everybody, by what it is written as or called. */
export function meansAll(word: string, ...names: string[]): boolean {
  const wanted = word.toLowerCase();
  return names.some((name) => name.toLowerCase().startsWith(wanted));
}
