import { Pause, Play } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useStore } from "zustand";
import type { File, Message } from "../../../api/types.ts";
import { quietly } from "../../../engine/quietly.ts";
import { filesOf } from "../../../media/files.ts";
import { lengthText } from "../../../media/length.ts";
import { type VoiceNote as Note, type Player, playerOf, SPEEDS } from "../../../media/player.ts";
import { useEngine } from "../../../session/session.ts";
import { t } from "../../../text/media.ts";
import { plainName } from "./names.ts";
import { SeekBar } from "./SeekBar.tsx";
import { Wave } from "./Wave.tsx";
import "./VoiceNote.css";

/** What recorders call what they make: a name that says nothing. */
const RECORDED = /^voice[ _-]?(?:note|message)?\./i;

/** So long after it was sent the server has heard it, or says that it can't. */
const HEARD_MS = 10_000;

interface VoiceNoteProps {
  message: Note;
  meta: ReactNode;
  /** It may be loaded. */
  trusted?: boolean;
  /** Whether Tab stops at what is in it. */
  tabIndex?: 0 | -1;
}

/** A voice note, or any sound: played here, from where one likes, as fast as one likes. */
export function VoiceNote({ message, meta, trusted = true, tabIndex = 0 }: VoiceNoteProps) {
  const engine = useEngine();
  const player = playerOf(engine);
  const { file } = message;
  useHeard(message);
  const isCurrent = useStore(player.state, ({ messageId }) => messageId === message.id);
  const active = useStore(player.state, (playing) => isCurrent && playing.active);
  const failed = useStore(player.state, (playing) => isCurrent && playing.failed);
  const isNew = message.sender.id !== engine.userId && message.status !== "listened";
  const title = RECORDED.test(file.name) ? undefined : file.name;
  return (
    <div className="voice">
      {title !== undefined && <bdi className="voice__title ellipsis">{plainName(title)}</bdi>}
      <button
        type="button"
        tabIndex={tabIndex}
        className="voice__play"
        aria-label={active ? t.media.pauseNote : t.media.playNote}
        data-open={message.id}
        disabled={!trusted}
        onClick={() => player.toggle(message)}
      >
        {active ? <Pause /> : <Play />}
      </button>
      {trusted ? (
        <SeekBar player={player} note={message} isCurrent={isCurrent} tabIndex={tabIndex} />
      ) : (
        <Wave waveform={file.waveform} part={1} />
      )}
      <Speed player={player} tabIndex={tabIndex} />
      <span className="voice__line">
        <Position player={player} note={message} isCurrent={isCurrent} />
        {isNew && (
          <span className="voice__dot">
            <span className="visually-hidden">{t.media.notPlayed}</span>
          </span>
        )}
        {failed && <span role="alert">{t.media.notPlayable}</span>}
        {meta}
      </span>
    </div>
  );
}

function Position({ player, note, isCurrent }: { player: Player; note: Note; isCurrent: boolean }) {
  const seconds = useStore(player.state, ({ position }) => (isCurrent ? Math.floor(position) : 0));
  const length = useStore(player.state, ({ duration }) => (isCurrent && duration) || (note.file.duration ?? 0));
  const at = lengthText(seconds);
  return <bdi dir="ltr">{seconds > 0 ? `${at} / ${lengthText(length)}` : lengthText(length)}</bdi>;
}

/** How fast all voice notes are heard; a click chooses the next. */
function Speed({ player, tabIndex }: { player: Player; tabIndex: 0 | -1 }) {
  const speed = useStore(player.state, (playing) => playing.speed);
  const next = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length] ?? 1;
  const words = t.media.times(speed);
  return (
    <button
      type="button"
      tabIndex={tabIndex}
      className="voice__speed"
      aria-label={t.media.speed(words)}
      onClick={() => player.setSpeed(next)}
    >
      <bdi dir="ltr">{words}</bdi>
    </button>
  );
}

/** Of what the server still listens to after a while, it may have told while nobody heard: it is asked. */
function useHeard({ createdAt, file }: Pick<Message, "createdAt"> & { file: File }): void {
  const engine = useEngine();
  const { id, waveformState } = file;
  useEffect(() => {
    if (waveformState !== "pending") return undefined;
    const wait = Math.max(0, Date.parse(createdAt) + HEARD_MS - Date.now());
    const timer = setTimeout(() => quietly(filesOf(engine).renew(id)), wait);
    return () => clearTimeout(timer);
  }, [engine, id, waveformState, createdAt]);
}
