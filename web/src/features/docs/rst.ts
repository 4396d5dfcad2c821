/** What stands in a line of text. */
export type Inline =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "strong"; text: string }
  | { kind: "emphasis"; text: string }
  | { kind: "link"; text: string; href: string }
  /** Another guide, by its file without the ending. */
  | { kind: "doc"; target: string };

export type Block =
  | { kind: "heading"; level: number; id: string; text: string }
  | { kind: "paragraph"; inline: Inline[] }
  | { kind: "code"; text: string; language: string }
  | { kind: "list"; ordered: boolean; items: Block[][] }
  | { kind: "definitions"; items: { term: Inline[]; blocks: Block[] }[] }
  | { kind: "table"; head: Inline[][]; rows: Inline[][][] };

const ADORNMENT = /^([=\-~^"#*+.])\1{2,}$/;
const BORDER = /^=+( +=+)+$/;
const BULLET = /^([-*]|#\.|\d+\.) +/;
const DIRECTIVE = /^\.\. ([\w-]+)::\s*(.*)$/;
const INLINE =
  /``(.+?)``|\*\*(.+?)\*\*|\*(\S(?:.*?\S)?)\*|:doc:`(.+?)`|`([^`<]+?) <([^`>]+)>`_|(https?:\/\/[^\s<>"'`]*[^\s<>"'`.,:;)])/g;

/**
 * Reads the part of reStructuredText that our texts use: headings, paragraphs, lists, definitions, literal blocks, simple
 * tables and the usual inline marks. Raises for anything else, so that nothing is shown wrong.
 */
export function parse(text: string): Block[] {
  return new Reader(
    text.split("\n").map((line) => line.trimEnd()),
    { styles: [], ids: new Set() },
  ).blocks();
}

/** What all parts of one text share: which adornment is which level, and which names are taken. */
interface Shared {
  styles: string[];
  ids: Set<string>;
}

class Reader {
  private at = 0;
  private readonly found: Block[] = [];

  constructor(
    private readonly lines: readonly string[],
    private readonly shared: Shared,
  ) {}

  blocks(): Block[] {
    while (this.at < this.lines.length) {
      if (this.line() === "") this.at += 1;
      else this.found.push(...this.block());
    }
    return this.found;
  }

  private line(ahead = 0): string {
    return this.lines[this.at + ahead] ?? "";
  }

  private block(): Block[] {
    const line = this.line();
    if (line.startsWith(" ")) throw new Error(`indented without a reason: ${line}`);
    if (BORDER.test(line)) return [this.table()];
    if (ADORNMENT.test(line) && this.line(2) === line) return [this.heading(this.line(1).trim(), `over ${line[0]}`, 3)];
    if (ADORNMENT.test(this.line(1))) return [this.heading(line, line && (this.line(1)[0] ?? ""), 2)];
    if (line.startsWith("..")) return this.directive();
    if (BULLET.test(line)) return [this.list()];
    if (this.isTerm()) return [this.definitions()];
    return this.paragraph();
  }

  private heading(text: string, style: string, lines: number): Block {
    this.at += lines;
    const { styles } = this.shared;
    if (!styles.includes(style)) styles.push(style);
    return { kind: "heading", level: styles.indexOf(style) + 1, id: this.id(text), text };
  }

  private id(text: string): string {
    const base = slug(text);
    let id = base;
    for (let count = 2; this.shared.ids.has(id); count += 1) id = `${base}-${count}`;
    this.shared.ids.add(id);
    return id;
  }

  /** Lines that are indented, with the empty ones between, less the indentation of the first. */
  private indented(): string[] {
    const lines: string[] = [];
    while (this.at < this.lines.length && (this.line() === "" || this.line().startsWith(" "))) {
      lines.push(this.line());
      this.at += 1;
    }
    while (lines.at(-1) === "") lines.pop();
    while (lines[0] === "") lines.shift();
    const indents = lines.filter((line) => line !== "").map((line) => line.search(/\S/));
    const indent = Math.min(...indents);
    return lines.map((line) => line.slice(indent));
  }

  private inside(lines: readonly string[]): Block[] {
    return new Reader(lines, this.shared).blocks();
  }

  private directive(): Block[] {
    const [, name, argument = ""] = DIRECTIVE.exec(this.line()) ?? [];
    const opening = this.line();
    this.at += 1;
    const body = this.indented();
    switch (name) {
      case "code-block":
        return [{ kind: "code", text: body.join("\n"), language: argument }];
      case "image":
      case "figure":
        // Pictures stand in the repository only.
        return [];
      case undefined:
        if (/^\.\.( [^_|[]|$)/.test(opening)) return [];
    }
    throw new Error(`no directive that is known here: ${opening}`);
  }

  private list(): Block {
    const ordered = !/^[-*]/.test(this.line());
    const items: Block[][] = [];
    for (;;) {
      const marker = BULLET.exec(this.line())?.[0];
      if (marker === undefined || !/^[-*]/.test(marker) !== ordered) break;
      const first = this.line().slice(marker.length);
      this.at += 1;
      items.push(this.inside([first, ...this.continued(marker.length)]));
    }
    return { kind: "list", ordered, items };
  }

  /** What belongs to a list item after its first line. */
  private continued(indent: number): string[] {
    const lines: string[] = [];
    const margin = " ".repeat(indent);
    while (this.at < this.lines.length && (this.line() === "" || this.line().startsWith(margin))) {
      lines.push(this.line().slice(indent));
      this.at += 1;
    }
    return lines;
  }

  private isTerm(): boolean {
    return /^\s/.test(this.line(1)) && this.line(1) !== "";
  }

  private definitions(): Block {
    const items: { term: Inline[]; blocks: Block[] }[] = [];
    while (this.line() !== "" && !this.line().startsWith(" ") && this.isTerm()) {
      const term = inline(this.line());
      this.at += 1;
      items.push({ term, blocks: this.inside(this.indented()) });
    }
    return { kind: "definitions", items };
  }

  private paragraph(): Block[] {
    const lines: string[] = [];
    while (this.line() !== "") {
      lines.push(this.line());
      this.at += 1;
    }
    const text = lines.join(" ");
    if (!text.endsWith("::")) return [{ kind: "paragraph", inline: inline(text) }];
    const code: Block = { kind: "code", text: this.indented().join("\n"), language: "" };
    const words = text.slice(0, -1).replace(/\s*:$/, text === "::" ? "" : ":");
    return words === "" ? [code] : [{ kind: "paragraph", inline: inline(words) }, code];
  }

  /** A simple table: borders of `=` say where its columns are; a row without a first cell goes on with the one above. */
  private table(): Block {
    const border = this.line();
    const columns = [...border.matchAll(/=+/g)].map(({ index, 0: run }) => [index, index + run.length] as const);
    const parts: string[][][] = [[]];
    this.at += 1;
    while (this.line() !== "") {
      const line = this.line();
      this.at += 1;
      if (BORDER.test(line)) {
        if (this.line() === "") break;
        parts.push([]);
        continue;
      }
      const last = columns.length - 1;
      const cells = columns.map(([from, to], at) => line.slice(from, at === last ? undefined : to).trim());
      const rows = parts.at(-1) ?? [];
      const above = rows.at(-1);
      if (cells[0] !== "" || above === undefined) rows.push(cells);
      else rows[rows.length - 1] = above.map((cell, at) => `${cell} ${cells[at] ?? ""}`.trim());
    }
    const [head, body] = parts.length > 1 ? [parts[0]?.[0] ?? [], parts[1]] : [[], parts[0]];
    return { kind: "table", head: head.map(inline), rows: (body ?? []).map((row) => row.map(inline)) };
  }
}

/** The marks within a line. */
export function inline(text: string): Inline[] {
  const found: Inline[] = [];
  let last = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > last) found.push({ kind: "text", text: text.slice(last, match.index) });
    found.push(marked(match));
    last = match.index + match[0].length;
  }
  if (last < text.length) found.push({ kind: "text", text: text.slice(last) });
  return found;
}

function marked([all, code, strong, emphasis, doc, label, href]: RegExpMatchArray): Inline {
  if (code !== undefined) return { kind: "code", text: code };
  if (strong !== undefined) return { kind: "strong", text: strong.replaceAll("``", "") };
  if (emphasis !== undefined) return { kind: "emphasis", text: emphasis };
  if (doc !== undefined) return { kind: "doc", target: doc };
  if (href !== undefined) return { kind: "link", text: label ?? href, href };
  return { kind: "link", text: all, href: all };
}

/** A line without its marks. */
export function plain(inlines: readonly Inline[]): string {
  return inlines.map((each) => (each.kind === "doc" ? each.target : each.text)).join("");
}

/** A name for the address of a heading. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
}
