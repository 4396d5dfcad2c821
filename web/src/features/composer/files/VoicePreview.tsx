import { Pause, Play } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { barsPath } from "../../../media/bars.ts";
import { lengthText } from "../../../media/length.ts";
import { hear } from "../../../media/only.ts";
import { useObjectUrl } from "../../../media/useObjectUrl.ts";
import { t } from "../../../text/files.ts";
import { IconButton } from "../../../ui/IconButton.tsx";
import type { Voice } from "./tray.ts";

/** A recording, to be heard before it is sent. */
export function VoicePreview({ voice }: { voice: Voice }) {
  const { duration, waveform } = voice;
  const url = useObjectUrl(voice.blob);
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const play = useRef<HTMLButtonElement>(null);
  useEffect(() => play.current?.focus(), []);
  const toggle = () => {
    if (playing) audio.current?.pause();
    else void audio.current?.play().catch(() => undefined);
  };
  const seek = (to: number) => {
    setAt(to);
    if (audio.current) audio.current.currentTime = to;
  };
  return (
    <>
      <IconButton
        ref={play}
        className="recorder__play"
        icon={playing ? Pause : Play}
        label={playing ? t.files.pause : t.files.play}
        onClick={toggle}
      />
      {url !== undefined && (
        // biome-ignore lint/a11y/useMediaCaption: what somebody has just said.
        <audio
          ref={audio}
          src={url}
          preload="auto"
          onPlay={({ currentTarget }) => {
            hear(currentTarget);
            setPlaying(true);
          }}
          onPause={() => setPlaying(false)}
          onTimeUpdate={({ currentTarget }) => setAt(Math.min(currentTarget.currentTime, duration))}
          onEnded={() => seek(0)}
        />
      )}
      <Wave bars={waveform} at={at} duration={duration} onSeek={seek} />
      <time className="recorder__time">{lengthText(playing || at > 0 ? at : duration)}</time>
    </>
  );
}

interface WaveProps {
  bars: readonly number[];
  /** In seconds. */
  at: number;
  duration: number;
  onSeek: (to: number) => void;
}

function Wave({ bars, at, duration, onSeek }: WaveProps) {
  const id = useId();
  const width = bars.length * 4;
  const share = duration > 0 ? Math.min(1, at / duration) : 0;
  const path = barsPath(bars);
  const box = { viewBox: `0 0 ${width} 28`, preserveAspectRatio: "none" };
  return (
    <div className="recorder__wave">
      <svg {...box} className="recorder__bars recorder__bars--rest" aria-hidden="true">
        <path d={path} />
      </svg>
      <svg {...box} className="recorder__bars" aria-hidden="true">
        <clipPath id={id}>
          <rect width={share * width} height="28" />
        </clipPath>
        <path d={path} clipPath={`url(#${id})`} />
      </svg>
      <input
        type="range"
        min={0}
        max={duration}
        step={0.1}
        value={at}
        aria-label={t.files.seek}
        aria-valuetext={t.files.seekAt(lengthText(at), lengthText(duration))}
        onChange={({ target }) => onSeek(Number(target.value))}
      />
    </div>
  );
}
