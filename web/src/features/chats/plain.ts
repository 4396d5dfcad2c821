/** As much of a message as a line of the list can ever show. */
const shown = 240;

/** A message as one line: without line breaks and without the signs that Markdown takes as form. */
export function plain(content: string): string {
  return content
    .slice(0, shown)
    .replace(/```\w*/g, " ")
    .replace(/^[ \t]{0,3}(?:>|#{1,6}(?= )|[-*+](?= ))[ \t]?/gm, "")
    .replace(/\[([^\][]{1,200})\]\([^()\s]{1,200}\)/g, "$1")
    .replace(/(\*\*|__|~~|`)(?=\S)([^*_~`]{1,200})\1/g, "$2")
    .replace(/(^|[\s(])([*_])(?=\S)([^*_]{1,200})\2(?=[\s).,!?:;]|$)/g, "$1$3")
    .replace(/\s+/g, " ")
    .trim();
}
