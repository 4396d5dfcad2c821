import { late, useLate } from "./late.ts";

/** The parser is a good part of the client, and most texts need none. Where it did not come, texts stand as they were written. */
export const markdown = late(async () => (await import("../../ui/Markdown.tsx")).Markdown);

/** What shows a text that is not plain, as soon as it is here. */
export const useMarkdown = (wanted: boolean) => useLate(markdown, wanted);
