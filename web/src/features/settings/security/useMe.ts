import { useLiveQuery } from "dexie-react-hooks";
import type { Me } from "../../../api/types.ts";
import { useEngine } from "../../../session/session.ts";

/** The own account as it is here; undefined until it has been read. */
export function useMe(): Me | undefined {
  const { db } = useEngine();
  return useLiveQuery(async () => (await db.meta.get("me"))?.value as Me | undefined, [db]);
}
