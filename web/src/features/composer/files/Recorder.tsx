import { ArrowUp, Pause, Trash2 } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { barsPath, HEIGHT, STEP } from "../../../media/bars.ts";
import { lengthText } from "../../../media/length.ts";
import { t } from "../../../text/files.ts";
import { confirm } from "../../../ui/confirm.tsx";
import { IconButton } from "../../../ui/IconButton.tsx";
import "./Recorder.css";
import type { Recording } from "./recording.ts";
import type { Voice } from "./tray.ts";
import type { Files } from "./useFiles.ts";
import { useRecording } from "./useRecording.ts";
import { VoicePreview } from "./VoicePreview.tsx";

/** What is longer is not thrown away by one key. */
const ASK_S = 3;
/** So many loudnesses are seen while it is recorded: three and a half seconds. */
const SEEN = 70;

interface RecorderProps {
  files: Files;
  /** Whom to tell that somebody records, if anybody. */
  conversationId: string | undefined;
  onSend: (voice: Voice) => void;
  /** It is over: sent, discarded, or there is no microphone. */
  onClose: () => void;
}

/** In place of the field: a voice note is recorded, heard, and sent or discarded. */
export default function Recorder({ files, conversationId, onSend, onClose }: RecorderProps) {
  const { voice } = files.tray;
  const recording = useRecording({
    kept: voice !== undefined,
    conversationId,
    onDone: files.keepVoice,
    onProblem: (problem) => {
      files.say(problem);
      onClose();
    },
  });
  const discard = async () => {
    const seconds = voice?.duration ?? recording?.seconds ?? 0;
    if (seconds > ASK_S && !(await confirm(DISCARDING))) return;
    recording?.cancel();
    files.keepVoice(undefined);
    onClose();
  };
  const send = async () => {
    const whole = voice ?? (await recording?.stop());
    if (whole === undefined) return;
    files.keepVoice(undefined);
    onClose();
    onSend(whole);
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    void discard();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is laid out by its own rules.
    <div className="recorder" role="group" aria-label={t.files.voice} onKeyDown={keyDown}>
      <p className="visually-hidden" role="status">
        {voice ? t.files.recorded(lengthText(voice.duration)) : recording && t.files.recording}
      </p>
      <IconButton icon={Trash2} label={t.files.discard} shortcut="esc" onClick={() => void discard()} />
      <div className="recorder__middle">
        {voice ? <VoicePreview voice={voice} /> : <Live recording={recording} onStop={files.keepVoice} />}
      </div>
      <SendButton ready={voice !== undefined || recording !== undefined} onSend={() => void send()} />
    </div>
  );
}

const DISCARDING = {
  title: t.files.discardTitle,
  text: t.files.discardText,
  verb: t.files.discardVerb,
  danger: true,
};

/** Has the focus from the beginning: one key sends what was said. */
function SendButton({ ready, onSend }: { ready: boolean; onSend: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <IconButton
      ref={button}
      icon={ArrowUp}
      label={t.files.send}
      className={ready ? "composer__send" : "composer__send composer__send--off"}
      aria-disabled={!ready}
      onClick={onSend}
    />
  );
}

interface LiveProps {
  recording: Recording | undefined;
  onStop: (voice: Voice) => void;
}

/** How long it is, and how loud it is just now. */
function Live({ recording, onStop }: LiveProps) {
  const levels = recording?.levels.slice(-SEEN) ?? [];
  const before = new Array<number>(SEEN - levels.length).fill(0);
  const path = barsPath([...before, ...levels.map((level) => Math.sqrt(Math.min(1, level * 3)))]);
  return (
    <>
      <span className="recorder__dot" />
      <time className="recorder__time" dir="ltr">
        {lengthText(recording?.seconds ?? 0)}
      </time>
      <div className="recorder__wave">
        <svg
          className="recorder__bars"
          viewBox={`0 0 ${SEEN * STEP} ${HEIGHT}`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          <path d={path} />
        </svg>
      </div>
      <IconButton
        icon={Pause}
        label={t.files.stop}
        aria-disabled={recording === undefined}
        onClick={() => void recording?.stop().then(onStop)}
      />
    </>
  );
}
