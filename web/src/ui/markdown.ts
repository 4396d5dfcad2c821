import { Marked, type RendererObject, type TokenizerObject, type Tokens } from "marked";
import { BEFORE, byUsername, EVERYBODY, type Mention, mentionAt } from "./mentions.ts";

export interface MarkdownOptions {
  mentions?: readonly Mention[];
  /** The reader's id: what is about them looks different. */
  me?: string;
  /** Links of strangers are not to be clicked before they are accepted. */
  links?: boolean;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

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

function renderer({ links = true }: MarkdownOptions): RendererObject {
  return {
    html: ({ text }) => escapeHtml(text),
    image: ({ raw }) => escapeHtml(raw),
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
    code: ({ text, lang }) => codeBlock(text, lang),
    link({ href, tokens }) {
      const inside = this.parser.parseInline(tokens);
      if (!links || !isWeb(href)) return inside;
      return `<a href="${escapeHtml(href)}" target="_blank" rel="noopener noreferrer nofollow">${inside}</a>`;
    },
  };
}

function codeBlock(text: string, lang: string | undefined): string {
  const name = lang ? ` data-language="${escapeHtml(lang.slice(0, 20))}"` : "";
  return `<pre dir="ltr" tabindex="0"${name}><code>${escapeHtml(text)}</code></pre>`;
}

function isWeb(href: string): boolean {
  return /^(https?:\/\/|mailto:)/i.test(href);
}

interface MentionToken extends Tokens.Generic {
  who: Mention;
  /** As it was written: the case may be another one. */
  raw: string;
}

function mentions({ mentions: list = [], me }: MarkdownOptions) {
  const known = byUsername(list);
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
    renderer: (token: Tokens.Generic): string => {
      const { raw, who } = token as MentionToken;
      const you = me !== undefined && (who.id === me || who.id === EVERYBODY);
      const name = you ? "markdown__mention markdown__mention--you" : "markdown__mention";
      return `<span class="${name}" data-user="${escapeHtml(who.id)}">${escapeHtml(raw)}</span>`;
    },
  };
}

/** The text as HTML that is not to be trusted yet: the sanitiser comes after. */
export function toHtml(text: string, options: MarkdownOptions = {}): string {
  const marked = new Marked({ gfm: true, breaks: true });
  marked.use({ tokenizer, renderer: renderer(options), extensions: [mentions(options)] });
  return marked.parse(text, { async: false });
}
