const MOST = 3;

/** Grapheme by grapheme: one emoji may be a dozen code points. */
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
// biome-ignore lint/complexity/useRegexLiterals: the compiler knows the flag `v` from ES2024 on only.
const emoji = new RegExp("^\\p{RGI_Emoji}$", "v");

/** Whether a text is one to three emoji and nothing else: it is shown large, without a bubble. */
export function isEmojiOnly(text: string): boolean {
  const trimmed = text.trim();
  // The longest emoji have 35 UTF-16 units; most texts are told apart by their length or first character.
  if (trimmed === "" || trimmed.length > MOST * 36 || /^[\p{L}\p{P}\p{Nd}]/u.test(trimmed)) return isKeycap(trimmed);
  let count = 0;
  for (const { segment } of graphemes.segment(trimmed)) {
    if (segment.trim() === "") continue;
    count += 1;
    if (count > MOST || !emoji.test(segment)) return false;
  }
  return true;
}

/** Keycaps begin with what is no emoji by itself. */
function isKeycap(text: string): boolean {
  return text.length <= MOST * 3 && /^(?:[0-9#*]\uFE0F\u20E3\s*){1,3}$/u.test(text);
}
