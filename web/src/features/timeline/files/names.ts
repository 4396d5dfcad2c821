/** Signs that turn the direction of what follows: in the name of a file they hide what it ends in. */
const TURNS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/** A name as it reads, whatever its signs do to the direction. */
export function plainName(name: string): string {
  return name.replace(TURNS, "");
}

/** A name in two parts, of which the first may be cut: how it ends stays. */
export function cutName(name: string): { stem: string; ending: string } {
  const plain = plainName(name);
  const [ending = ""] = /\.[^.\s]{1,8}$/.exec(plain) ?? [];
  return ending.length < plain.length
    ? { stem: plain.slice(0, plain.length - ending.length), ending }
    : { stem: plain, ending: "" };
}

export type FileKind =
  | "pdf"
  | "word"
  | "excel"
  | "slides"
  | "text"
  | "csv"
  | "zip"
  | "image"
  | "audio"
  | "video"
  | "file";

const KINDS: [RegExp, FileKind][] = [
  [/^application\/pdf$/, "pdf"],
  [/word/, "word"],
  [/excel|spreadsheet/, "excel"],
  [/powerpoint|presentation/, "slides"],
  [/^text\/csv$/, "csv"],
  [/^text\//, "text"],
  [/zip/, "zip"],
  [/^image\//, "image"],
  [/^audio\//, "audio"],
  [/^video\//, "video"],
];

/** What people call a kind of file, by its type. */
export function kindOf(mimeType: string): FileKind {
  return KINDS.find(([pattern]) => pattern.test(mimeType))?.[1] ?? "file";
}
