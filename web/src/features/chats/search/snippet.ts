export interface SnippetPart {
  text: string;
  hit: boolean;
}

/** What the server found, as text: its snippet is escaped HTML whose only tags are marks, and never becomes HTML here. */
export function snippetParts(snippet: string): SnippetPart[] {
  const parts: SnippetPart[] = [];
  let hit = false;
  for (const piece of snippet.split(/(<\/?mark>)/)) {
    if (piece === "<mark>") hit = true;
    else if (piece === "</mark>") hit = false;
    else if (piece !== "") parts.push({ text: unescaped(piece).replace(forms, ""), hit });
  }
  const [first, ...rest] = parts;
  return first === undefined || first.hit || rest.length === 0
    ? parts
    : [{ ...first, text: shortened(first.text) }, ...rest];
}

/** A row is short, and the hit has to be in what is seen of it: so much stands before it. */
const LEAD = 14;

function shortened(text: string): string {
  const letters = [...text];
  if (letters.length <= LEAD) return text;
  const end = letters.slice(-LEAD).join("");
  return `… ${end.slice(end.indexOf(" ") + 1) || end}`;
}

/** Signs of Markdown that are never a part of a word. */
const forms = /\*\*|~~|`/g;

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'" };

function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39|#x27);/g, (whole, name: string) => entities[name] ?? whole);
}
