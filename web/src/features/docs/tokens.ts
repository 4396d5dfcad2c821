/** A piece of code: a key of an object, another string, a number or a word that stands for a value, a comment. */
export interface Token {
  kind: "key" | "string" | "number" | "comment" | "plain";
  text: string;
}

const TOKEN =
  /(?<key>"(?:[^"\\\n]|\\.)*")(?=\s*:)|(?<string>"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)|(?<comment>(?<=^|\s)(?:#|\/\/) .*)|(?<number>(?<![\w.-])-?\d[\d.]*(?![\w-])|\b(?:true|false|null|None|True|False)\b)/gm;

/** Takes code apart by what JSON, shells, Python and JavaScript write alike; the pieces together are the text. */
export function tokens(code: string): Token[] {
  const found: Token[] = [];
  let last = 0;
  for (const { index, 0: text, groups = {} } of code.matchAll(TOKEN)) {
    if (index > last) found.push({ kind: "plain", text: code.slice(last, index) });
    found.push({ kind: kindOf(groups), text });
    last = index + text.length;
  }
  if (last < code.length) found.push({ kind: "plain", text: code.slice(last) });
  return found;
}

function kindOf(groups: Record<string, string | undefined>): Token["kind"] {
  if (groups.key !== undefined) return "key";
  if (groups.string !== undefined) return "string";
  return groups.comment !== undefined ? "comment" : "number";
}
