import { useEffect, useReducer, useRef, useState } from "react";
import { useEngine } from "../../../session/session.ts";
import { t } from "../../../text/files.ts";
import { Recording } from "./recording.ts";
import type { Voice } from "./tray.ts";

/** Others are told again so often that somebody still records. */
const TELL_MS = 2_000;

interface Options {
  /** There is one already when this is first shown: nothing is recorded. */
  kept: boolean;
  /** Whom to tell, if anybody. */
  conversationId: string | undefined;
  /** It is there: it was stopped, ended by itself, or the conversation was left. */
  onDone: (voice: Voice) => void;
  /** It can't be recorded, and why. */
  onProblem: (problem: string) => void;
}

/** A voice note that is being recorded from the moment that this is shown. Undefined until the microphone is there. */
export function useRecording({ kept, conversationId, onDone, onProblem }: Options): Recording | undefined {
  const engine = useEngine();
  const [recording, setRecording] = useState<Recording>();
  const [, heard] = useReducer((count: number) => count + 1, 0);
  const [begins] = useState(!kept);
  const latest = useRef({ onDone, onProblem });
  latest.current = { onDone, onProblem };
  useEffect(() => {
    if (!begins) return undefined;
    let current: Recording | undefined;
    let gone = false;
    const stop = () => void current?.stop().then((voice) => latest.current.onDone(voice));
    Recording.begin({ onLevel: heard, onEnd: stop }).then(
      (begun) => {
        current = begun;
        if (gone) begun.cancel();
        else setRecording(begun);
      },
      (error: unknown) => gone || latest.current.onProblem(problemOf(error)),
    );
    return () => {
      gone = true;
      setRecording(undefined);
      // Who goes elsewhere in the middle of it finds it when they come back. What was sent or discarded is over.
      if (current?.active) stop();
    };
  }, [begins]);
  const active = recording !== undefined;
  useEffect(() => {
    if (!active || conversationId === undefined) return undefined;
    const tell = () => engine.recording(conversationId, true);
    tell();
    const timer = setInterval(tell, TELL_MS);
    return () => {
      clearInterval(timer);
      engine.recording(conversationId, false);
    };
  }, [engine, conversationId, active]);
  return recording;
}

function problemOf(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  return name === "NotFoundError" ? t.files.noDevice : t.files.noMicrophone;
}
