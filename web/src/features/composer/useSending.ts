import { useEffect, useState } from "react";
import type { Message } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { refusal } from "../../text/refusal.ts";
import { toast } from "../../ui/toast.tsx";
import type { ConversationData } from "../timeline/useConversation.ts";
import { type Composing, type ComposingAction, composing, draftOf } from "./composing.ts";

interface SendingOptions {
  data: ConversationData;
  state: Composing;
  dispatch: (action: ComposingAction) => void;
  messages: readonly Message[];
  onSent: () => void;
}

export interface Sending {
  /** An edit is on its way. */
  busy: boolean;
  submit: () => void;
  editLast: () => void;
  /** As `dispatch`, and tells the other that somebody types. */
  write: (action: ComposingAction) => void;
}

/** What becomes of what is written: sends, edits, and the signals meanwhile. */
export function useSending({ data, state, dispatch, messages, onSent }: SendingOptions): Sending {
  const engine = useEngine();
  const [busy, setBusy] = useState(false);
  const signal = useSignals(data);
  const send = async () => {
    const options = state.mode.kind === "reply" ? { replyToId: state.mode.to.id } : {};
    // The field is empty at once; the message is in the timeline as soon as it is in the outbox.
    dispatch({ do: "done" });
    signal("");
    try {
      await engine.send(data.target, state.text.trimEnd(), options);
      onSent();
    } catch (error) {
      dispatch({ do: "restore", text: state.text, replyTo: state.mode.kind === "reply" ? state.mode.to : undefined });
      toast(refusal(error));
    }
  };
  const save = async (message: Message) => {
    const content = state.text.trimEnd();
    if (content === message.content) return dispatch({ do: "done" });
    setBusy(true);
    try {
      await engine.call("message.edit", { id: message.id, content });
      dispatch({ do: "done" });
    } catch (error) {
      toast(refusal(error));
    } finally {
      setBusy(false);
    }
  };
  return {
    busy,
    submit: () => void (state.mode.kind === "edit" ? save(state.mode.message) : send()),
    editLast: () => {
      const last = messages.findLast((message) => isEditable(message, data.me.id));
      if (last !== undefined) dispatch({ do: "edit", message: last });
    },
    write: (action) => {
      dispatch(action);
      const { text } = draftOf(composing(state, action));
      if (text !== draftOf(state).text) signal(text);
    },
  };
}

function isEditable(message: Message, me: string): boolean {
  return message.sender.id === me && message.type === "text" && message.unsent !== true;
}

/** Tells the other side that somebody types; and what, where one has switched that on. */
function useSignals({ conversation, me }: ConversationData): (text: string) => void {
  const engine = useEngine();
  const open = conversation?.status === "accepted" && conversation.blockedByMe !== true;
  const id = open ? conversation.id : undefined;
  const ghost = me.privacy.ghostTyping === true;
  useEffect(() => {
    if (id === undefined) return undefined;
    return () => {
      engine.typing(id, false);
      if (ghost) engine.draft(id, "");
    };
  }, [engine, id, ghost]);
  return (text) => {
    if (id === undefined) return;
    engine.typing(id, text.trim() !== "");
    if (ghost) engine.draft(id, text);
  };
}
