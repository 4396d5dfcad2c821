import { useCallback } from "react";
import { useLocation } from "wouter";
import type { ConversationRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";

/** Goes where one writes to somebody: to the conversation, or to the place where it begins. */
export function useMessage(): (userId: string) => Promise<void> {
  const { db } = useEngine();
  const [, navigate] = useLocation();
  return useCallback(
    async (userId) => {
      const conversation = await db.conversations.where("other.id").equals(userId).first();
      navigate(conversation === undefined ? `/u/${userId}` : `/c/${conversation.id}`);
    },
    [db, navigate],
  );
}

/** Whether one is there already. */
export function useIsHere(userId: string, conversation: ConversationRow | undefined): boolean {
  const [path] = useLocation();
  return path === `/u/${userId}` || (conversation !== undefined && path === `/c/${conversation.id}`);
}
