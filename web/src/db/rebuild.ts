import Dexie from "dexie";
import type { BlobRow, ChatrDatabase, DraftRow, OutboxRow, OutgoingFile } from "./schema.ts";

/** All that is only here: what else a database has, the server tells again. */
interface Own {
  outbox: OutboxRow[];
  blobs: BlobRow[];
  drafts: DraftRow[];
}

/** Make a database anew, with what is in it and nowhere else, as far as that can be read. */
export async function rebuild(db: ChatrDatabase): Promise<void> {
  const own = await ownOf(db.name);
  await db.delete({ disableAutoOpen: false });
  await db.open();
  await db.transaction("rw", db.outbox, db.blobs, db.drafts, async () => {
    await db.outbox.bulkPut(own.outbox);
    await db.blobs.bulkPut(own.blobs);
    await db.drafts.bulkPut(own.drafts);
  });
}

async function ownOf(name: string): Promise<Own> {
  const found = new Dexie(name);
  try {
    await found.open();
    const rows = async (table: string) =>
      found.tables.some((each) => each.name === table) ? found.table<unknown>(table).toArray() : [];
    return outOf(await rows("outbox"), await rows("drafts"), await rows("blobs"));
  } catch {
    return { outbox: [], blobs: [], drafts: [] };
  } finally {
    found.close();
  }
}

/** What there is to understand in rows of whatever version. */
export function outOf(outbox: readonly unknown[], drafts: readonly unknown[], bytes: readonly unknown[] = []): Own {
  const blobs = bytes.filter(isBlob);
  const here = new Set(blobs.map(({ clientId }) => clientId));
  const sends = outbox
    .filter(isSend)
    // Without its bytes a file is none.
    .filter(({ clientId, file }) => file === undefined || file.fileId !== undefined || here.has(clientId))
    .sort((one, other) => (one.order ?? 0) - (other.order ?? 0));
  return {
    blobs,
    outbox: sends.map((row, index) => ({
      ...row,
      order: index + 1,
      state: row.state === "failed" ? "failed" : "waiting",
    })),
    drafts: drafts.filter(isDraft),
  };
}

const SEND = new Set([
  "clientId",
  "order",
  "target",
  "content",
  "file",
  "groupId",
  "replyToId",
  "createdAt",
  "state",
  "error",
]);
const TARGET = /^(conversation|person):/;

/** Only a send that is understood as a whole: half of it is not what was to be sent. */
function isSend(row: unknown): row is OutboxRow {
  const { clientId, target, content, createdAt, file } = (row ?? {}) as Record<string, unknown>;
  const isWhole = [clientId, target, content, createdAt].every((value) => typeof value === "string");
  if (file !== undefined && !isFile(file)) return false;
  return isWhole && TARGET.test(String(target)) && Object.keys(row as object).every((key) => SEND.has(key));
}

function isFile(file: unknown): file is OutgoingFile {
  const { name, size, mimeType } = (file ?? {}) as Record<string, unknown>;
  return typeof name === "string" && typeof size === "number" && typeof mimeType === "string";
}

function isBlob(row: unknown): row is BlobRow {
  const { clientId, blob } = (row ?? {}) as Record<string, unknown>;
  return typeof clientId === "string" && blob instanceof Blob;
}

function isDraft(row: unknown): row is DraftRow {
  const { target, text } = (row ?? {}) as Record<string, unknown>;
  return typeof target === "string" && TARGET.test(target) && typeof text === "string";
}
