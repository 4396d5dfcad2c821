import { Marked, type Token, type TokenizerObject, type Tokens } from "marked";
import { BEFORE, byUsername, EVERYBODY, type Mention, mentionAt } from "./mentions.ts";

export interface MarkdownOptions {
  mentions?: readonly Mention[];
  /** The reader's id: what is about them looks different. */
  me?: string;
  /** Links of strangers are not to be clicked before they are accepted. */
  links?: boolean;
}

/** A piece of a text. None of it is HTML: whoever shows it makes elements of it. */
export type Part =
  | { kind: "text" | "code" | "plain"; text: string }
  | { kind: "br" }
  | { kind: "paragraph" | "blockquote" | "strong" | "em" | "del"; parts: Part[] }
  | { kind: "link"; href: string; parts: Part[] }
  | { kind: "block"; text: string; language: string | undefined }
  /** With a start it is numbered. */
  | { kind: "list"; start: number | undefined; items: Part[][] }
  /** As it was written: the case may be another one. */
  | { kind: "mention"; text: string; id: string; you: boolean };

/** What messages know of Markdown: emphasis, code, links, lists, quotes. No HTML, pictures, headings or tables. */
const tokenizer: TokenizerObject = {
  html: () => undefined,
  tag: () => undefined,
  heading: () => undefined,
  lheading: () => undefined,
  hr: () => undefined,
  table: () => undefined,
  def: () => undefined,
  // Four spaces at the start of a line are spaces: only fences make code.
  code: () => undefined,
};

function isWeb(href: string): boolean {
  return /^(https?:\/\/|mailto:)/i.test(href);
}

/** Takes no piece of a text: it is asked before each, and counts. */
function counting() {
  let cost = 0;
  return {
    name: "cost",
    level: "inline" as const,
    tokenizer: (rest: string): undefined => {
      cost += rest.length + PIECE;
      if (cost > MOST) throw new RangeError("too many pieces");
    },
  };
}

interface MentionToken extends Tokens.Generic {
  who: Mention;
}

function mentioning(known: ReadonlyMap<string, Mention>) {
  return {
    name: "mention",
    level: "inline" as const,
    start: (text: string) => {
      const at = text.search(BEFORE);
      return at < 0 ? undefined : at;
    },
    tokenizer: (text: string): MentionToken | undefined => {
      const found = mentionAt(text, known);
      return found && { type: "mention", ...found };
    },
  };
}

/** Quotes in lists in quotes: deeper than this is no text that somebody wrote. */
const DEEPEST = 12;
/** What the parser may cost: for each piece of a paragraph it looks at all characters behind it, and at some in any case. */
const MOST = 4_000_000;
const PIECE = 500;

/**
 * A text as a tree of what it means. Strangers write texts, too: one that is made to keep the parser or the page busy
 * is what was typed, and no more.
 */
export function parse(text: string, options: MarkdownOptions = {}): Part[] {
  try {
    return meaning(text, options);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [{ kind: "plain", text }];
  }
}

/** @throws RangeError if it is too deep, or costs too much; marked's own recursion may throw it as well. */
function meaning(text: string, { mentions = [], me, links = true }: MarkdownOptions): Part[] {
  const marked = new Marked({ gfm: true, breaks: true });
  marked.use({ tokenizer, extensions: [mentioning(byUsername(mentions)), counting()] });
  let depth = 0;
  return partsOf(marked.lexer(text));

  function partsOf(tokens: Token[] = []): Part[] {
    depth += 1;
    if (depth > DEEPEST) throw new RangeError("too deep");
    const parts = tokens.flatMap(partOf);
    depth -= 1;
    return parts;
  }

  function partOf(token: Token): Part[] {
    switch (token.type) {
      case "paragraph":
      case "blockquote":
      case "strong":
      case "em":
      case "del":
        return [{ kind: token.type, parts: partsOf(token.tokens) }];
      case "list":
        return [list(token as Tokens.List)];
      case "code":
        return [{ kind: "block", text: token.text, language: token.lang?.slice(0, 20) || undefined }];
      case "codespan":
        return [{ kind: "code", text: token.text }];
      case "br":
        return [{ kind: "br" }];
      case "checkbox":
        return [{ kind: "text", text: token.checked ? "☑ " : "☐ " }];
      case "link": {
        const parts = partsOf(token.tokens);
        return links && isWeb(token.href) ? [{ kind: "link", href: token.href, parts }] : parts;
      }
      case "mention": {
        const { raw, who } = token as MentionToken;
        return [
          { kind: "mention", text: raw, id: who.id, you: me !== undefined && (who.id === me || who.id === EVERYBODY) },
        ];
      }
      case "space":
        return [];
      case "escape":
        return [{ kind: "text", text: token.text }];
      case "text":
        return token.tokens ? partsOf(token.tokens) : [{ kind: "text", text: token.text }];
      default:
        // Pictures, and whatever marked may know of some day, are what was typed.
        return [{ kind: "text", text: token.raw }];
    }
  }

  function list({ ordered, start, items }: Tokens.List): Part {
    return {
      kind: "list",
      start: ordered ? Number(start) : undefined,
      items: items.map((item) => partsOf(item.tokens)),
    };
  }
}
