import type { ChatrDatabase, OutboxRow, OutgoingFile } from "../db/schema.ts";
import { uuid } from "./uuid.ts";

/** So many files are one album; more are several. */
const ALBUM = 10;

/** A file to send: its bytes, and what is known of it. */
export interface NewFile extends Omit<OutgoingFile, "size" | "uploadUrl" | "fileId"> {
  blob: Blob;
}

/** A message to send. */
export type NewMessage = Pick<OutboxRow, "content" | "groupId" | "replyToId"> & { file?: NewFile };

export interface AlbumOptions {
  caption?: string;
  replyToId?: string;
}

/** A message for each file: the first has the caption, and answers if it is an answer. Several are albums. */
export function albumsOf(files: readonly NewFile[], { caption = "", replyToId }: AlbumOptions): NewMessage[] {
  let groupId: string | undefined;
  return files.map((file, index) => {
    if (index % ALBUM === 0) groupId = index + 1 < files.length ? uuid() : undefined;
    const first = index === 0;
    return {
      content: first ? caption : "",
      file,
      ...(groupId !== undefined && { groupId }),
      ...(first && replyToId !== undefined && { replyToId }),
    };
  });
}

/** Put messages into the outbox, all or none; answers what they are called there. Rejects when there is no room. */
export async function queue(db: ChatrDatabase, target: string, messages: readonly NewMessage[]): Promise<string[]> {
  const { outbox, blobs, conversations } = db;
  const createdAt = new Date().toISOString();
  return db.transaction("rw", outbox, blobs, conversations, async () => {
    const last = (await outbox.orderBy("order").last())?.order ?? 0;
    const where = await whereTo(db, target);
    const rows = messages.map(({ file, ...message }, index): OutboxRow => {
      const clientId = uuid();
      const common = { clientId, order: last + 1 + index, target: where, createdAt, state: "waiting" as const };
      return { ...message, ...common, ...(file && { file: known(file) }) };
    });
    await outbox.bulkPut(rows);
    const bytes = rows.flatMap(({ clientId }, index) => {
      const blob = messages[index]?.file?.blob;
      return blob === undefined ? [] : [{ clientId, blob }];
    });
    await blobs.bulkPut(bytes);
    return rows.map(({ clientId }) => clientId);
  });
}

function known({ blob, ...file }: NewFile): OutgoingFile {
  return { ...file, size: blob.size };
}

/** The conversation with a person, if it has begun. */
async function whereTo(db: ChatrDatabase, target: string): Promise<string> {
  const [kind, id = ""] = target.split(":", 2);
  if (kind !== "person") return target;
  const row = await db.conversations.where("other.id").equals(id).first();
  return row === undefined ? target : `conversation:${row.id}`;
}

const ANEW = new Set(["invalid", "not_found", "gone", "conflict"]);

/** Send again what was refused. */
export async function again(db: ChatrDatabase, clientId: string): Promise<void> {
  await db.outbox.update(clientId, (row) => {
    // What the server does not know any more, or not as a file that could be sent, is brought there anew.
    if (ANEW.has(row.error?.code ?? "")) {
      delete row.file?.fileId;
      delete row.file?.uploadUrl;
    }
    row.state = "waiting";
    delete row.error;
  });
}

/** Take messages out of the outbox, with the bytes of their files. In a transaction of both tables, or alone. */
export async function takeOut(db: ChatrDatabase, clientIds: readonly string[]): Promise<void> {
  await db.transaction("rw", db.outbox, db.blobs, async () => {
    await db.outbox.bulkDelete([...clientIds]);
    await db.blobs.bulkDelete([...clientIds]);
  });
}
