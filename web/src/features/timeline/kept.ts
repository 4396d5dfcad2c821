import type { Message } from "../../api/types.ts";

/** Messages that say the same stay the same objects: what shows them need not look again. */
export function kept(before: readonly Message[], now: readonly Message[]): readonly Message[] {
  if (before.length === 0) return now;
  const old = new Map(before.map((message) => [message.id, message]));
  return now.map((message) => {
    const was = old.get(message.id);
    return was !== undefined && JSON.stringify(was) === JSON.stringify(message) ? was : message;
  });
}
