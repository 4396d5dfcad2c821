/** A text without its marks, for previews of one line and notifications. */
export function plainText(text: string): string {
  return text
    .replace(/^```\w*$/gm, "")
    .replace(/(\*\*|__|~~|`)(.+?)\1/gs, "$2")
    .replace(/(?<![\w*])([*_])(?=[^\s*_])([^*_\n]*[^\s*_])\1(?![\w*])/g, "$2")
    .replace(/^[^\S\n]*(>|[-*+]|\d+\.)\s+/gm, "")
    .replace(/\[([^[\]]+)\]\((?:[^()\s]+)\)/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}
