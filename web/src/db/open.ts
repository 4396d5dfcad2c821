import type { ChatrDatabase } from "./schema.ts";

/**
 * Open a person's database. One that another version of this client has made, or that can't be opened, is made anew,
 * with what waits to be sent and what is being written, as far as that can be read.
 */
export async function openOrRebuild(db: ChatrDatabase, locks?: Pick<LockManager, "request">): Promise<void> {
  if (await opens(db)) return;
  const { rebuild } = await import("./rebuild.ts");
  if (locks === undefined) await rebuild(db);
  // Of several tabs one does it.
  else await locks.request(`${db.name} rebuild`, async () => (await opens(db)) || (await rebuild(db)));
}

async function opens(db: ChatrDatabase): Promise<boolean> {
  const found = await versionOf(db.name);
  if (found !== undefined && found !== db.verno) return false;
  return db.open().then(
    () => true,
    () => false,
  );
}

/** The version of a database, as Dexie counts it: not opened for that, which would change it. */
async function versionOf(name: string): Promise<number | undefined> {
  const { version } = (await indexedDB.databases()).find((each) => each.name === name) ?? {};
  return version === undefined ? undefined : version / 10;
}
