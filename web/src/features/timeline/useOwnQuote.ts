import { useEffect, useState } from "react";
import type { ReplyTo } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { useView } from "./context.ts";

/** Of messages that were quoted: whether the reader wrote them. That never changes. */
const known = new Map<string, boolean>();

/**
 * Whether somebody reads a quote of their own. A quote has the name of who wrote it and not the id, so that the message
 * itself is asked; where it is not here, or until it has answered, a name that is the reader's alone says it.
 */
export function useOwnQuote({ id, senderName }: ReplyTo): boolean {
  const { db, userId } = useEngine();
  const { ownName } = useView();
  const [asked, setAsked] = useState<boolean>();
  const own = known.get(`${userId} ${id}`) ?? asked;
  useEffect(() => {
    if (own !== undefined) return undefined;
    let there = true;
    void db.messages.get(id).then((message) => {
      if (message === undefined) return;
      const mine = message.sender.id === userId;
      known.set(`${userId} ${id}`, mine);
      if (there) setAsked(mine);
    });
    return () => {
      there = false;
    };
  }, [db, userId, id, own]);
  return own ?? senderName === ownName;
}
