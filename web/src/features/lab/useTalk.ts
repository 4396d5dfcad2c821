import { useEffect, useReducer, useRef, useState } from "react";
import type { Message, MessagePage } from "../../api/types.ts";
import { Repeated } from "../../engine/throttle.ts";
import { uuid } from "../../engine/uuid.ts";
import type { Answer, LabConnection } from "./connection.ts";
import { opened, type Passed, passed, TALK_LENGTH, type Talk, talkWith } from "./talk.ts";

/** So long somebody looks at what has come before it is read. */
const READ_MS = 1_000;
/** How often typing is told, and how long after the last time it is forgotten. */
const TYPING_MS = 2_000;
const FORGOTTEN_MS = 6_000;

export interface Talking {
  talk: Talk;
  send: (content: string) => Promise<Answer>;
  type: (active: boolean) => void;
}

/** The conversation of a pane's person with another's, by the calls and events of that pane's connection. */
export function useTalk(connection: LabConnection, other: string, connected: boolean): Talking {
  const [talk, dispatch] = useReducer(next, other, talkWith);
  const { conversationId, hints } = talk;
  useEffect(() => connection.listen((topic, payload) => dispatch({ topic, payload })), [connection]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a hint is what it is asked for.
  useEffect(() => {
    if (!connected) return undefined;
    let here = true;
    void connection.call("wamp", "message.history", { otherUserId: other, limit: TALK_LENGTH }, 200).then((answer) => {
      if (here && answer.kind === "good") dispatch((answer.result as MessagePage).items);
    });
    return () => {
      here = false;
    };
  }, [connection, other, connected, hints]);
  useReading(connection, talk, connected);
  const [typings] = useState(
    () =>
      new Repeated(TYPING_MS, (id, active) => {
        void connection.call("wamp", "activity.typing", { conversationId: id, active }, 200);
      }),
  );
  return {
    talk: useTypingThatEnds(talk),
    type: (active) => conversationId !== undefined && connected && typings.put(conversationId, active),
    send: (content) => connection.call("wamp", "message.send", { recipientId: other, content, clientId: uuid() }, 201),
  };
}

function next(talk: Talk, event: Passed | readonly Message[]): Talk {
  return "topic" in event ? passed(talk, event) : opened(talk, event);
}

/** What the other wrote is read when it was in view for a moment. */
function useReading(connection: LabConnection, { conversationId, messages, other }: Talk, connected: boolean): void {
  const read = useRef(0);
  const seq = messages.findLast((message) => message.sender.id === other)?.seq ?? 0;
  useEffect(() => {
    if (!connected || conversationId === undefined || seq <= read.current) return undefined;
    const timer = setTimeout(() => {
      if (!document.hasFocus()) return;
      read.current = seq;
      void connection.call("wamp", "message.mark_read", { id: conversationId, seq }, 200);
    }, READ_MS);
    return () => clearTimeout(timer);
  }, [connection, conversationId, seq, connected]);
}

/** Whoever has not said for a while that they type has stopped. */
function useTypingThatEnds(talk: Talk): Talk {
  const [over, setOver] = useState<Talk>();
  useEffect(() => {
    if (!talk.typing) return undefined;
    const timer = setTimeout(() => setOver(talk), FORGOTTEN_MS);
    return () => clearTimeout(timer);
  }, [talk]);
  return over === talk ? { ...talk, typing: false } : talk;
}
