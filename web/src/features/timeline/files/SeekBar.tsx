import { type KeyboardEvent, type PointerEvent, useState } from "react";
import { useStore } from "zustand";
import { lengthText } from "../../../media/length.ts";
import { type Player, STEP_S, type VoiceNote } from "../../../media/player.ts";
import { t } from "../../../text/media.ts";
import { Wave } from "./Wave.tsx";

interface SeekBarProps {
  player: Player;
  note: VoiceNote;
  /** It is the one that plays, or was paused. */
  isCurrent: boolean;
  tabIndex: 0 | -1;
}

/** The bars, on which a click, a drag or the arrows choose the place. They run from left to right in every language. */
export function SeekBar({ player, note, isCurrent, tabIndex }: SeekBarProps) {
  const position = useStore(player.state, (playing) => (isCurrent ? playing.position : 0));
  const length = player.lengthOf(note);
  const [drag, setDrag] = useState<number>();
  const part = drag ?? (length > 0 ? Math.min(1, position / length) : 0);
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    // To the message it is no swipe and no long press.
    event.stopPropagation();
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag(partAt(event));
  };
  const onPointerUp = (event: PointerEvent<HTMLElement>) => {
    if (drag !== undefined) player.seek(note, partAt(event) * length);
    setDrag(undefined);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const to = { ArrowLeft: position - STEP_S, ArrowRight: position + STEP_S }[event.key];
    if (to !== undefined) player.seek(note, to);
    else if (event.key === " ") player.toggle(note);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      role="slider"
      tabIndex={tabIndex}
      className="voice__seek"
      aria-label={t.media.position}
      aria-valuemin={0}
      aria-valuemax={Math.round(length)}
      aria-valuenow={Math.round(part * length)}
      aria-valuetext={t.media.at(lengthText(part * length), lengthText(length))}
      onPointerDown={onPointerDown}
      onPointerMove={(event) => drag !== undefined && setDrag(partAt(event))}
      onPointerUp={onPointerUp}
      onPointerCancel={() => setDrag(undefined)}
      onKeyDown={onKeyDown}
    >
      <Wave waveform={note.file.waveform} part={isCurrent || drag !== undefined ? part : -1} />
    </div>
  );
}

function partAt({ clientX, currentTarget }: PointerEvent<HTMLElement>): number {
  const { left, width } = currentTarget.getBoundingClientRect();
  return width > 0 ? Math.max(0, Math.min(1, (clientX - left) / width)) : 0;
}
