/** What the server takes and gives, from docs/api/chatr.d.ts: the only types of it here. */
export type * from "../../../docs/api/chatr";

import type { Calls } from "../../../docs/api/chatr";

/** Names of operations, as `message.send`. */
export type OperationName = keyof Calls extends `chatr.${infer N}` ? N : never;
export type ParamsOf<N extends OperationName> = Calls[`chatr.${N}`]["params"];
export type ResultOf<N extends OperationName> = Calls[`chatr.${N}`]["result"];
