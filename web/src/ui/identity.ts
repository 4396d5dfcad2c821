/** Which of the eight sender colours somebody has: the same everywhere, for ever. */
export function toneOf(id: string): string {
  let hash = 0;
  for (let i = 0; i < id.length; i++) hash = (Math.imul(hash, 31) + id.charCodeAt(i)) >>> 0;
  return `tone-${(hash % 8) + 1}`;
}

/** What stands for a name where there is no picture: of the first and the last word that start with a letter or digit. */
export function initials(name: string): string {
  const words = name.split(/\s+/u).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const first = words[0];
  if (first === undefined) return firstOf(name.trim());
  const last = words.at(-1);
  if (words.length === 1 || last === undefined || !hasCapitals(first)) return capital(firstOf(first));
  return capital(firstOf(first)) + capital(firstOf(last));
}

/** The first sign as readers see it, an emoji of several code points included. */
function firstOf(text: string): string {
  for (const { segment } of new Intl.Segmenter().segment(text)) return segment;
  return "";
}

function capital(letter: string): string {
  const upper = letter.toLocaleUpperCase();
  return upper.length === letter.length ? upper : letter;
}

/** Whether the script of a word has capitals: two letters of others side by side would join, or read as a word. */
function hasCapitals(word: string): boolean {
  return word.toLowerCase() !== word.toUpperCase() || /^\p{N}/u.test(word);
}
