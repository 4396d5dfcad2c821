/** A name has no more characters than this. */
export const MOST = 50;

/** Controls, line ends, and what embeds, overrides or isolates a direction: the server takes none of them. */
const STRANGE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u206f\ufff9-\ufffb]/u;
const VISIBLE = /[^\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** How many characters a name has, as the server counts. */
export function lengthOf(name: string): number {
  return [...name.normalize("NFC").trim()].length;
}

/** What is wrong with a name, if anything is. An empty one is fine: it stands for none. */
export function nameProblem(name: string, most = MOST): "long" | "strange" | undefined {
  const text = name.normalize("NFC").trim();
  if (STRANGE.test(text) || (text !== "" && !VISIBLE.test(text))) return "strange";
  return lengthOf(text) > most ? "long" : undefined;
}
