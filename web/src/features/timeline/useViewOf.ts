import { useMemo } from "react";
import type { Sender } from "../../api/types.ts";
import { EVERYBODY } from "../../ui/mentions.ts";
import type { Writing } from "../composer/writing.ts";
import type { View } from "./context.ts";
import type { ConversationData } from "./useConversation.ts";

/** What bubbles know of their conversation; the same object while that stays so. */
export function useViewOf(
  { me, conversation, person }: ConversationData,
  writing: Writing,
  here: readonly Sender[],
): View {
  const kind = conversation?.kind ?? "direct";
  const accepted = conversation?.status === "accepted";
  const canReply = writing.kind === "open" || (writing.kind === "waiting" && writing.left > 0);
  const canReact = writing.kind === "open" && accepted;
  const canUnsendAll = kind === "group" && (conversation?.role === "owner" || conversation?.role === "admin");
  const trusted = conversation?.request !== 1;
  const { id: otherId, username: otherName } = person ?? {};
  const shared = person?.displayName === me.displayName || here.some((each) => isNamesake(each, me));
  const ownName = shared ? undefined : me.displayName;
  return useMemo(() => {
    const mentions = [nameless(me.id, me.username)];
    if (kind === "group") {
      mentions.push({ id: EVERYBODY, username: EVERYBODY });
      for (const each of here) if (each.id !== me.id) mentions.push(nameless(each.id, each.username));
    }
    if (otherId !== undefined && otherName !== undefined) mentions.push(nameless(otherId, otherName));
    return { me: me.id, ownName, mentions, kind, trusted, canReact, canReply, canUnsendAll };
  }, [me.id, me.username, ownName, otherId, otherName, kind, here, trusted, canReact, canReply, canUnsendAll]);
}

function isNamesake(each: Sender, me: Sender): boolean {
  return each.id !== me.id && each.displayName === me.displayName;
}

/** Usernames are written with an @, mentions are looked up without. */
function nameless(id: string, username: string) {
  return { id, username: username.replace(/^@/, "") };
}
