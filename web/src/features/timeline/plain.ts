/** Signs that mean something in Markdown, mentions and addresses. */
const MARKS = /[*_~`[\]<>@#|\\]|:\/\/|www\.|^\s{0,3}(?:[-+]|\d+[.)])\s/im;

/**
 * Whether a text means nothing but itself. Most are like that, and need no parser: that is what makes scrolling
 * through thousands of them smooth.
 */
export function isPlain(text: string): boolean {
  return !MARKS.test(text);
}
