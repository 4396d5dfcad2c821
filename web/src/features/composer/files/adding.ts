import type { Engine } from "../../../engine/engine.ts";
import type { NewFile } from "../../../engine/sends.ts";
import { uuid } from "../../../engine/uuid.ts";
import { t } from "../../../text/files.ts";
import { fileSize } from "../../../ui/size.ts";
import { kindOf, nameOf, typeOf } from "./kinds.ts";
import type { Attached } from "./tray.ts";

/** What does not say by then how large it is is shown as a card. */
const PROBE_MS = 3_000;

export interface Added {
  items: Attached[];
  /** Why not all of it is there. */
  problem: string | undefined;
}

/** What the server takes, unless its operator changed it. */
const MAX_BYTES = 50 * 1024 * 1024;
const limits = new WeakMap<Engine, Promise<number>>();

/** How large a file may be, in bytes. */
export function limitOf(engine: Engine): Promise<number> {
  const known = limits.get(engine) ?? engine.call("file.usage", {}).then(({ maxBytes }) => maxBytes);
  limits.set(engine, known);
  return known.catch(() => {
    // Without a network, and for guests: the server decides when the file comes there.
    limits.delete(engine);
    return MAX_BYTES;
  });
}

/** Look at files that somebody wants to send, beside folders: what can be sent, and how large it is shown. */
export async function addFiles(files: readonly File[], folders: number, maxBytes: number): Promise<Added> {
  const items: Attached[] = [];
  let problem = folders > 0 ? t.files.folder : undefined;
  for (const file of files) {
    const refused = refusalOf(file, maxBytes);
    if (refused === undefined) items.push(await attachedOf(file));
    else problem ??= files.length > 1 ? t.files.of(file.name, refused) : refused;
  }
  return { items, problem };
}

/** Why a file can't be sent; undefined: it can, as far as one can tell from here. */
export function refusalOf(file: Pick<File, "name" | "type" | "size">, maxBytes: number): string | undefined {
  if (typeOf(nameOf(file)) === undefined) return t.errors.unsupported_media;
  if (file.size === 0) return t.files.empty;
  if (file.size > maxBytes) return t.errors.file_too_large(fileSize(file.size), fileSize(maxBytes));
  return undefined;
}

async function attachedOf(blob: File): Promise<Attached> {
  const name = nameOf(blob);
  const mimeType = typeOf(name) ?? blob.type;
  const kind = kindOf(mimeType);
  const file: NewFile = { name, mimeType, blob };
  const key = uuid();
  if (kind === "file") return { key, kind, file };
  const url = URL.createObjectURL(blob);
  const probed = await probe(kind, url);
  if (probed !== undefined && kind !== "audio") return { key, kind, file: { ...file, ...probed }, url };
  URL.revokeObjectURL(url);
  return { key, kind: probed === undefined ? "file" : kind, file: { ...file, ...probed } };
}

type Probed = Pick<NewFile, "width" | "height" | "duration">;

/** The measures of a picture, a video or a sound; undefined: the browser does not know it. */
function probe(kind: "image" | "video" | "audio", url: string): Promise<Probed | undefined> {
  const found = kind === "image" ? imageAt(url) : playableAt(kind, url);
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PROBE_MS));
  return Promise.race([found, late]).catch(() => undefined);
}

function imageAt(url: string): Promise<Probed> {
  const image = new Image();
  return new Promise((resolve, reject) => {
    image.onload = () => resolve({ width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = reject;
    image.src = url;
  });
}

function playableAt(kind: "video" | "audio", url: string): Promise<Probed> {
  const element = document.createElement(kind);
  element.preload = "metadata";
  return new Promise((resolve, reject) => {
    element.onloadedmetadata = () => {
      const duration = Number.isFinite(element.duration) ? { duration: element.duration } : {};
      const size =
        element instanceof HTMLVideoElement && element.videoWidth > 0
          ? { width: element.videoWidth, height: element.videoHeight }
          : {};
      resolve({ ...duration, ...size });
    };
    element.onerror = reject;
    element.src = url;
  });
}
