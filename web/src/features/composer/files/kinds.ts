/** What may be sent, by the ending of its name: as the server has it (spec: behaviour, files), which looks inside too. */
const TYPES: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
  webp: "image/webp",
  avif: "image/avif",
  mp3: "audio/mpeg",
  wav: "audio/wav",
  ogg: "audio/ogg",
  oga: "audio/ogg",
  opus: "audio/ogg",
  m4a: "audio/mp4",
  flac: "audio/flac",
  weba: "audio/webm",
  mp4: "video/mp4",
  m4v: "video/mp4",
  mov: "video/quicktime",
  webm: "video/webm",
  pdf: "application/pdf",
  doc: "application/msword",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  xls: "application/vnd.ms-excel",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  ppt: "application/vnd.ms-powerpoint",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  txt: "text/plain",
  md: "text/markdown",
  csv: "text/csv",
  zip: "application/zip",
};

/** What is pasted has a type, and may have no name that says so. */
const ENDINGS: Readonly<Record<string, string>> = {
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/gif": "gif",
  "image/webp": "webp",
  "image/avif": "avif",
};

export type Kind = "image" | "video" | "audio" | "file";

/** The type of a file by its name; undefined: it can't be sent. */
export function typeOf(name: string): string | undefined {
  const ending = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(TYPES, ending) ? TYPES[ending] : undefined;
}

/** The name of a file, with the ending of its type where it has none. */
export function nameOf({ name, type }: { name: string; type: string }): string {
  const ending = ENDINGS[type];
  return ending === undefined || name.includes(".") ? name : `${name || "picture"}.${ending}`;
}

/** What a file is shown as. */
export function kindOf(type: string): Kind {
  const [kind] = type.split("/", 1);
  return kind === "image" || kind === "video" || kind === "audio" ? kind : "file";
}
