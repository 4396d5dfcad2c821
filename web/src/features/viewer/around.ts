import type { Message } from "../../api/types.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Picture, Source } from "./state.ts";

/** So many messages are looked through at once. */
const STEP = 200;

/** So many pages are fetched at most before somebody has to ask again. */
const MOST_PAGES = 10;

export function isPicture(message: Message): message is Picture {
  return (
    (message.type === "image" || message.type === "video") && message.file !== undefined && message.unsent !== true
  );
}

type Means = Pick<Engine, "db" | "loadBefore" | "loadAfter">;

/** All pictures of a conversation, from one of them on. What is not here yet is fetched as the timeline fetches it. */
export function around(engine: Means, conversationId: string): Source {
  // What was looked through: an unbroken stretch of the log.
  let [from, to] = [0, 0];

  const within = async (low: number, high: number) => {
    if (high < low) return [];
    const range = engine.db.messages
      .where("[conversationId+seq]")
      .between([conversationId, low], [conversationId, high], true, true);
    return (await range.filter(isPicture).toArray()) as Picture[];
  };

  /** The stretch of the log that is here, with a seq in it. */
  const stretch = async (seq: number) => {
    const all = await engine.db.stretches
      .where("[conversationId+fromSeq]")
      .between([conversationId, 0], [conversationId, seq], true, true)
      .last();
    return all !== undefined && all.toSeq >= seq ? all : { fromSeq: seq, toSeq: seq };
  };

  const older = async (): Promise<Picture[]> => {
    for (let page = 0; page < MOST_PAGES && from > 1; page += 1) {
      const before = from;
      let { fromSeq } = await stretch(from);
      if (fromSeq === from) {
        await engine.loadBefore(conversationId, from);
        fromSeq = (await stretch(from)).fromSeq;
      }
      from = Math.max(fromSeq, from - STEP);
      const found = await within(from, before - 1);
      if (found.length > 0 || from === before) return found;
    }
    return [];
  };

  const newer = async (): Promise<Picture[]> => {
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const before = to;
      let { toSeq } = await stretch(to);
      if (toSeq === to) {
        const head = (await engine.db.conversations.get(conversationId))?.headSeq ?? 0;
        if (to >= head) return [];
        await engine.loadAfter(conversationId, to);
        toSeq = (await stretch(to)).toSeq;
      }
      to = Math.min(toSeq, to + STEP);
      const found = await within(before + 1, to);
      if (found.length > 0 || to === before) return found;
    }
    return [];
  };

  return {
    async begin({ seq }) {
      const { fromSeq, toSeq } = await stretch(seq);
      [from, to] = [Math.max(fromSeq, seq - STEP), Math.min(toSeq, seq + STEP)];
      return within(from, to);
    },
    more: (edge) => (edge === "older" ? older() : newer()),
  };
}
