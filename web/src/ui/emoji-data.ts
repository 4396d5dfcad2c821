import { emojiData } from "virtual:chatr-emoji";

export interface Emoji {
  emoji: string;
  label: string;
  tags: readonly string[];
}

interface Entry {
  emoji: string;
  label: string;
  tags?: string[];
  /** Missing for parts of emoji, as single regional letters. */
  group?: number;
}

let loading: Promise<readonly Emoji[]> | undefined;

/** All emoji that stand for themselves; fetched once, when first asked for. */
export function loadEmoji(): Promise<readonly Emoji[]> {
  loading ??= fetchEmoji().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function fetchEmoji(): Promise<readonly Emoji[]> {
  const response = await fetch(`${emojiData}/en/data.json`);
  if (!response.ok) throw new Error(`no emoji: ${response.status}`);
  const entries = (await response.json()) as Entry[];
  return entries
    .filter(({ group }) => group !== undefined)
    .map(({ emoji, label, tags = [] }) => ({ emoji, label, tags }));
}

/** Emoji for what follows a `:`; those whose name begins so first. */
export function findEmoji(list: readonly Emoji[], query: string, limit = 8): Emoji[] {
  const wanted = query.toLowerCase().replaceAll("_", " ");
  return list
    .map((each) => ({ each, rank: rankOf(each, wanted) }))
    .filter(({ rank }) => rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, limit)
    .map(({ each }) => each);
}

function rankOf({ label, tags }: Emoji, wanted: string): number {
  const name = label.toLowerCase();
  if (name.startsWith(wanted)) return 0;
  if (tags.some((tag) => tag.startsWith(wanted))) return 1;
  return name.split(" ").some((word) => word.startsWith(wanted)) ? 2 : 3;
}
