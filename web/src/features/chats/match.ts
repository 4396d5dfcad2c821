/** Where a text was found in another, in UTF-16 units. */
export interface Found {
  start: number;
  end: number;
  /** 0: the text begins with it; 1: one of its words does; 2: anywhere inside. */
  rank: 0 | 1 | 2;
}

/** Find what somebody types in a name, whatever the case and accents: "lea" finds "Léa". */
export function find(text: string, query: string): Found | null {
  const needle = fold(query.trim()).letters;
  if (needle.length === 0) return null;
  const { letters, places } = fold(text);
  let inside = -1;
  for (let at = letters.indexOf(needle); at >= 0; at = letters.indexOf(needle, at + 1)) {
    if (at === 0) return place(places, text, 0, needle.length, 0);
    if (!/[\p{L}\p{N}]/u.test(letters[at - 1] ?? "")) return place(places, text, at, needle.length, 1);
    if (inside < 0) inside = at;
  }
  return inside < 0 ? null : place(places, text, inside, needle.length, 2);
}

/** How good a name or a username fits: the best of both, null if neither does. */
export function rankOf(query: string, ...texts: (string | undefined)[]): number | null {
  let best: number | null = null;
  for (const text of texts) {
    const found = text === undefined ? null : find(text, query);
    if (found !== null && (best === null || found.rank < best)) best = found.rank;
  }
  return best;
}

/** Those that fit, the best first; equally good ones stay in their order. */
export function fitting<T>(query: string, items: Iterable<T>, texts: (item: T) => (string | undefined)[]): T[] {
  const ranked: { item: T; rank: number }[] = [];
  for (const item of items) {
    const rank = rankOf(query, ...texts(item));
    if (rank !== null) ranked.push({ item, rank });
  }
  return ranked.sort((one, other) => one.rank - other.rank).map(({ item }) => item);
}

function place(places: number[], text: string, start: number, length: number, rank: Found["rank"]): Found {
  return { start: places[start] ?? 0, end: places[start + length] ?? text.length, rank };
}

/** The letters without case and accents, and where in the text each of them is from. */
function fold(text: string): { letters: string; places: number[] } {
  let letters = "";
  const places: number[] = [];
  let at = 0;
  for (const character of text) {
    const bare = character.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    for (let each = 0; each < bare.length; each += 1) places.push(at);
    letters += bare;
    at += character.length;
  }
  return { letters, places };
}
