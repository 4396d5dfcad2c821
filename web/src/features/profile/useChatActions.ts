import { useMemo } from "react";
import { useLocation } from "wouter";
import { useEngine } from "../../session/session.ts";
import { type ChatActions, chatActions } from "../chats/list/actions.ts";

/** What one can do with a chat; a deleted one is left. */
export function useChatActions(): ChatActions {
  const engine = useEngine();
  const [path, navigate] = useLocation();
  return useMemo(
    () =>
      chatActions(engine, (conversationId) => {
        if (path === `/c/${conversationId}`) navigate("/");
      }),
    [engine, path, navigate],
  );
}
