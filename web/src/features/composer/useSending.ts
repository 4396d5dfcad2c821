import { useEffect, useState } from "react";
import type { Message } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/index.ts";
import { refusal } from "../../text/refusal.ts";
import { toast } from "../../ui/toast.tsx";
import type { ConversationData } from "../timeline/useConversation.ts";
import { type Composing, type ComposingAction, composing, draftOf } from "./composing.ts";
import type { Voice } from "./files/tray.ts";
import type { Files } from "./files/useFiles.ts";
import { isFull } from "./full.ts";
import { mayAttach } from "./writing.ts";

interface SendingOptions {
  data: ConversationData;
  state: Composing;
  dispatch: (action: ComposingAction) => void;
  files: Files;
  messages: readonly Message[];
  onSent: () => void;
}

export interface Sending {
  /** An edit is on its way. */
  busy: boolean;
  submit: () => void;
  sendVoice: (voice: Voice) => void;
  editLast: () => void;
  /** As `dispatch`, and tells the other that somebody types. */
  write: (action: ComposingAction) => void;
}

/** What becomes of what is written: sends, edits, and the signals meanwhile. */
export function useSending({ data, state, dispatch, files, messages, onSent }: SendingOptions): Sending {
  const engine = useEngine();
  const [busy, setBusy] = useState(false);
  const signal = useSignals(data);
  const replyTo = state.mode.kind === "reply" ? state.mode.to : undefined;
  const options = replyTo === undefined ? {} : { replyToId: replyTo.id };
  const queue = async (queued: Promise<unknown>, filed: boolean, undo: () => void) => {
    try {
      await queued;
      onSent();
    } catch (error) {
      undo();
      toast(notQueued(error, filed));
    }
  };
  const send = async () => {
    const text = state.text.trimEnd();
    const tray = mayAttach(data) ? files.take() : { items: [] };
    // The field is empty at once; the message is in the timeline as soon as it is in the outbox.
    dispatch({ do: "done" });
    signal("");
    const attached = tray.items.map(({ file }) => file);
    const queued =
      attached.length > 0
        ? engine.sendFiles(data.target, attached, { ...options, caption: text })
        : engine.send(data.target, text, options);
    const undo = () => {
      files.putBack(tray);
      dispatch({ do: "restore", text: state.text, replyTo });
    };
    await queue(
      queued.then(() => files.forget(tray)),
      attached.length > 0,
      undo,
    );
  };
  const sendVoice = (voice: Voice) => {
    if (replyTo !== undefined) dispatch({ do: "cancel" });
    return queue(engine.sendFiles(data.target, [voice], options), true, () => files.keepVoice(voice));
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
    sendVoice: (voice) => void sendVoice(voice),
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

/** Why something could not be kept here until it is sent. */
function notQueued(error: unknown, filed: boolean): string {
  if (isFull(error)) return t.conversation.noRoom;
  // The browser reads a file when it is kept: it may be gone by then.
  return filed ? t.conversation.unreadable : refusal(error);
}

function isEditable(message: Message, me: string): boolean {
  const { sender, type, content, unsent } = message;
  return sender.id === me && type !== "system" && content !== "" && unsent !== true;
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
