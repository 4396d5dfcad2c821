import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { ariaKeys, keyCaps, matches } from "./hotkeys.ts";
import { initials, toneOf } from "./identity.ts";
import { Markdown } from "./Markdown.tsx";
import type { MarkdownOptions } from "./markdown.ts";
import { EVERYBODY, mentionedIn } from "./mentions.ts";
import { plainText } from "./plain-text.ts";
import { daysBetween, timeText } from "./time.ts";

const press = (key: string, held: Partial<Record<"ctrlKey" | "metaKey" | "altKey" | "shiftKey", boolean>> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});

describe("a name", () => {
  it("has the initials of its first and last word that start with a letter or digit", () => {
    expect(initials("Ada Okafor")).toBe("AO");
    expect(initials("Wolfgang-Amadeus von Hohenstaufen")).toBe("WH");
    expect(initials("haus 14 🏡")).toBe("H1");
    expect(initials("mira")).toBe("M");
  });
  it("has one letter in scripts without capitals", () => {
    expect(initials("نور الدين المصري")).toBe("ن");
    expect(initials("山田 太郎")).toBe("山");
  });
  it("of one emoji is that emoji", () => {
    expect(initials("👩‍🚀")).toBe("👩‍🚀");
    expect(initials("")).toBe("");
  });
  it("keeps its colour", () => {
    expect(toneOf("abc")).toBe(toneOf("abc"));
    expect(toneOf("abc")).toMatch(/^tone-[1-8]$/);
  });
});

describe("a hotkey", () => {
  it("is Ctrl here and Cmd on a Mac", () => {
    expect(matches("mod+k", press("k", { ctrlKey: true }), false)).toBe(true);
    expect(matches("mod+k", press("k", { metaKey: true }), true)).toBe(true);
    expect(matches("mod+k", press("k", { ctrlKey: true }), true)).toBe(false);
    expect(matches("mod+k", press("k"), false)).toBe(false);
  });
  it("is a sign whatever it takes to type it", () => {
    expect(matches("?", press("?", { shiftKey: true }), false)).toBe(true);
    expect(matches("alt+up", press("ArrowUp", { altKey: true }), false)).toBe(true);
    expect(matches("r", press("R", { shiftKey: true }), false)).toBe(false);
  });
  it("is written as on the keyboard", () => {
    expect(keyCaps("mod+shift+m", false)).toEqual(["Ctrl", "Shift", "M"]);
    expect(keyCaps("mod+k", true)).toEqual(["⌘", "K"]);
    expect(keyCaps("alt+up", false)).toEqual(["Alt", "↑"]);
    expect(keyCaps("esc", false)).toEqual(["Esc"]);
    expect(ariaKeys("mod+k", false)).toBe("Control+k");
  });
});

describe("a time", () => {
  const now = new Date(2026, 10, 26, 15, 0);
  it("in a list is as short as it is clear", () => {
    expect(timeText(new Date(2026, 10, 26, 9, 5), "list", now, "en-GB")).toBe("09:05");
    expect(timeText(new Date(2026, 10, 25, 23, 59), "list", now, "en-GB")).toBe("Yesterday");
    expect(timeText(new Date(2026, 10, 24, 12, 0), "list", now, "en-GB")).toBe("Tue");
    expect(timeText(new Date(2026, 10, 1, 12, 0), "list", now, "en-GB")).toBe("1 Nov");
    expect(timeText(new Date(2025, 10, 1, 12, 0), "list", now, "en-GB")).toBe("2025");
  });
  it("in full has its day, and its year if it is another", () => {
    expect(timeText(new Date(2026, 10, 24, 14, 32), "full", now, "en-GB")).toBe("Tuesday 24 November 14:32");
    expect(timeText(new Date(2025, 10, 24, 14, 32), "full", now, "en-GB")).toContain("2025");
  });
  it("passed is told in the largest unit that fits", () => {
    expect(timeText(new Date(2026, 10, 26, 14, 59, 30), "relative", now, "en-GB")).toBe("now");
    expect(timeText(new Date(2026, 10, 26, 14, 55), "relative", now, "en-GB")).toMatch(/^5 min/);
    expect(timeText(new Date(2026, 10, 25, 14, 55), "relative", now, "en-GB")).toBe("yesterday");
  });
  it("counts midnights, not hours", () => {
    expect(daysBetween(new Date(2026, 2, 28, 23, 0), new Date(2026, 2, 29, 1, 0))).toBe(1);
    expect(daysBetween(now, now)).toBe(0);
  });
});

describe("a text with marks", () => {
  const html = (text: string, options: MarkdownOptions = {}) =>
    renderToStaticMarkup(createElement(Markdown, { text, ...options })).replace(/^<div[^>]*>|<\/div>$/g, "");
  it("has emphasis, code and links", () => {
    expect(html("**a** _b_ ~~c~~ `d<e`")).toBe("<p><strong>a</strong> <em>b</em> <del>c</del> <code>d&lt;e</code></p>");
    expect(html("https://example.org/x")).toContain('href="https://example.org/x" target="_blank" rel="noopener');
    expect(html("a\nb")).toBe("<p>a<br/>b</p>");
    expect(html("```js\n1 < 2\n```")).toContain("1 &lt; 2");
  });
  it("has no HTML, headings, pictures or scripts", () => {
    expect(html("<img src=x onerror=alert(1)>")).toBe("<p>&lt;img src=x onerror=alert(1)&gt;</p>");
    expect(html("# not a head")).toBe("<p># not a head</p>");
    expect(html("![x](https://example.org/a.png)")).not.toContain("<img");
    expect(html("[x](javascript:alert(1))")).toBe("<p>x</p>");
    expect(html("&amp; is &amp;amp;")).toBe("<p>&amp;amp; is &amp;amp;amp;</p>");
    expect(html("| a |\n|---|\n| b |")).not.toContain("<table");
  });
  it("has lists and quotes", () => {
    expect(html("- [x] a\n- b")).toBe("<ul><li>☑ a</li><li>b</li></ul>");
    expect(html("3. a\n   - b")).toBe('<ol start="3"><li>a<ul><li>b</li></ul></li></ol>');
    expect(html("> a\n> b")).toBe("<blockquote><p>a<br/>b</p></blockquote>");
  });
  it("of a stranger has no links", () => {
    expect(html("[x](https://example.org)", { links: false })).toBe("<p>x</p>");
  });
  it("shows who is mentioned, and whether it is the reader", () => {
    const mentions = [
      { id: "u1", username: "ada" },
      { id: "u2", username: "sam.w" },
    ];
    expect(html("hi @ada.", { mentions })).toBe(
      '<p>hi <span class="markdown__mention" data-user="u1">@ada</span>.</p>',
    );
    expect(html("@Sam.W!", { mentions, me: "u2" })).toContain("markdown__mention--you");
    expect(html("mail@ada.org @nobody", { mentions })).not.toContain("markdown__mention");
    expect(mentionedIn("@SAM.W. and @ada, @ada", mentions).map(({ id }) => id)).toEqual(["u2", "u1"]);
    expect(mentionedIn("mail@ada.org @nobody @all", [...mentions, { id: EVERYBODY, username: "all" }])).toEqual([]);
  });
  it("that is made to keep the page busy is what was typed", () => {
    const hostile = [
      ">".repeat(8000),
      "- ".repeat(4000),
      "> 1. ".repeat(40),
      `${"*".repeat(4000)}a${"*".repeat(4000)}`,
      "**a ".repeat(1000) + " a**".repeat(1000),
      "a\n".repeat(4000),
    ];
    for (const text of hostile) {
      const shown = html(text, { mentions: [{ id: "u1", username: "a" }] });
      expect(shown.match(/</g)).toHaveLength(2);
      expect(shown.replace(/<[^>]*>/g, "").replaceAll("&gt;", ">")).toBe(text);
    }
    const long = `${"Some *words* and **more**. ".repeat(10)}\n\n`.repeat(28);
    expect(html(long).match(/<em>/g)).toHaveLength(280);
  });
  it("is plain where there is one line", () => {
    expect(plainText("Then *that* one, _not_ 2 * 3 * 4 or snake_case_name")).toBe(
      "Then that one, not 2 * 3 * 4 or snake_case_name",
    );
    expect(plainText("**a** `b`\n> c\n[d](https://e.org)")).toBe("a b c d");
  });
});
