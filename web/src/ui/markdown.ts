import { Marked, type RendererObject, type TokenizerObject, type Tokens } from "marked";

/** Who is mentioned in a text. */
export interface Mention {
  id: string;
  username: string;
}

export interface MarkdownOptions {
  mentions?: readonly Mention[];
  /** The reader's id: what is about them looks different. */
  me?: string;
  /** Links of strangers are not to be clicked before they are accepted. */
  links?: boolean;
}

/** What a mention matches: a username after an `@` that nothing joins to a word before. */
const MENTION = /^@([a-z0-9][a-z0-9._-]*)/i;

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
  username: string;
}

function mentions({ mentions: list = [], me }: MarkdownOptions) {
  const known = new Map(list.map(({ id, username }) => [username.toLowerCase(), id]));
  return {
    name: "mention",
    level: "inline" as const,
    start: (text: string) => {
      const at = text.search(/(?<![\w.@])@[a-z0-9]/i);
      return at < 0 ? undefined : at;
    },
    tokenizer: (text: string): MentionToken | undefined => {
      const found = MENTION.exec(text)?.[1];
      // A full stop after a name belongs to the sentence, unless the name itself has it.
      const username = [found, found?.replace(/[._-]+$/, "")].find((name) => name && known.has(name.toLowerCase()));
      return username ? { type: "mention", raw: `@${username}`, username } : undefined;
    },
    renderer: (token: Tokens.Generic): string => {
      const username = String(token.username);
      const id = known.get(username.toLowerCase()) ?? "";
      const you = me !== undefined && (id === me || id === "all");
      const name = you ? "markdown__mention markdown__mention--you" : "markdown__mention";
      return `<span class="${name}" data-user="${escapeHtml(id)}">@${escapeHtml(username)}</span>`;
    },
  };
}

/** The text as HTML that is not to be trusted yet: the sanitiser comes after. */
export function toHtml(text: string, options: MarkdownOptions = {}): string {
  const marked = new Marked({ gfm: true, breaks: true });
  marked.use({ tokenizer, renderer: renderer(options), extensions: [mentions(options)] });
  return marked.parse(text, { async: false });
}
