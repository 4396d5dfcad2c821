/** Who is mentioned in a text. */
export interface Mention {
  id: string;
  username: string;
}

/** What stands for the id of all members of a group. */
export const EVERYBODY = "all";

/** Where a mention may be: an `@` that nothing joins to a word before. */
export const BEFORE = /(?<![\w.@])@(?=[a-z0-9])/i;

/** What a mention matches at its `@`. */
const MENTION = /^@([a-z0-9][a-z0-9._-]*)/i;

/** Whose name begins a text that starts with an `@`. A full stop after a name belongs to the sentence, unless the name has it. */
export function mentionAt(
  text: string,
  known: ReadonlyMap<string, Mention>,
): { raw: string; who: Mention } | undefined {
  const found = MENTION.exec(text)?.[1];
  for (const name of [found, found?.replace(/[._-]+$/, "")]) {
    const who = name && known.get(name.toLowerCase());
    if (who) return { raw: `@${name}`, who };
  }
  return undefined;
}

export function byUsername(list: readonly Mention[]): ReadonlyMap<string, Mention> {
  return new Map(list.map((each) => [each.username.toLowerCase(), each]));
}

/** The people whom a text mentions, each once. */
export function mentionedIn(text: string, list: readonly Mention[]): Mention[] {
  const known = byUsername(list);
  const found = new Set<Mention>();
  for (const part of text.split(BEFORE).slice(1)) {
    const who = mentionAt(`@${part}`, known)?.who;
    if (who !== undefined && who.id !== EVERYBODY) found.add(who);
  }
  return [...found];
}
