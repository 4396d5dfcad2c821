import { t } from "../../../text/files.ts";
import { loudness, waveformOf } from "./bars.ts";
import type { Voice } from "./tray.ts";

/** A loudness so often. */
const LEVEL_MS = 50;
/** Longer ones are stopped, and can be sent: that is far below what a file may have. */
const LONGEST_S = 3_600;
const BITS_PER_SECOND = 32_000;
/** What the server takes, by what browsers make: the first that this one does. */
const FORMATS = [
  ["audio/webm;codecs=opus", "webm"],
  ["audio/ogg;codecs=opus", "ogg"],
  ["audio/mp4", "m4a"],
] as const;

export interface RecordingListener {
  /** Another loudness was heard. */
  onLevel(): void;
  /** It has ended by itself: it is too long, or the microphone went. */
  onEnd(): void;
}

/** A voice note that is being recorded. */
export class Recording {
  /** How loud it was (0 to 1), every 50 ms. */
  readonly levels: number[] = [];
  private readonly chunks: Blob[] = [];
  private readonly began = performance.now();
  private lasted: number | undefined;
  private readonly stopped: Promise<void>;
  /** It is ended from outside. */
  private ending = false;
  private readonly samples: Float32Array<ArrayBuffer>;
  private readonly timer: ReturnType<typeof setInterval>;

  private constructor(
    private readonly stream: MediaStream,
    private readonly context: AudioContext,
    private readonly analyser: AnalyserNode,
    private readonly recorder: MediaRecorder,
    private readonly suffix: string,
    private readonly listener: RecordingListener,
  ) {
    this.samples = new Float32Array(analyser.fftSize);
    this.timer = setInterval(() => this.listen(), LEVEL_MS);
    recorder.ondataavailable = ({ data }) => this.chunks.push(data);
    this.stopped = new Promise((resolve) => {
      recorder.onstop = () => {
        this.ended();
        resolve();
      };
    });
    recorder.start(1000);
  }

  /** Ask for the microphone, and begin. Rejects with the DOMException of getUserMedia. */
  static async begin(listener: RecordingListener): Promise<Recording> {
    const audio = { channelCount: 1, echoCancellation: true, noiseSuppression: true };
    const stream = await navigator.mediaDevices.getUserMedia({ audio });
    const [format, suffix] = FORMATS.find(([each]) => MediaRecorder.isTypeSupported(each)) ?? ["", "webm"];
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const options = { audioBitsPerSecond: BITS_PER_SECOND, ...(format !== "" && { mimeType: format }) };
    return new Recording(stream, context, analyser, new MediaRecorder(stream, options), suffix, listener);
  }

  /** How long it is so far. */
  get seconds(): number {
    return this.lasted ?? (performance.now() - this.began) / 1000;
  }

  get active(): boolean {
    return this.recorder.state !== "inactive";
  }

  /** End it, if it has not ended by itself; answers what was recorded. */
  async stop(): Promise<Voice> {
    this.ending = true;
    if (this.active) this.recorder.stop();
    await this.stopped;
    const [mimeType = "audio/webm"] = this.recorder.mimeType.split(";", 1);
    const blob = new Blob(this.chunks, { type: mimeType });
    const duration = Math.round(this.seconds * 100) / 100;
    return { name: `${t.files.voiceName}.${this.suffix}`, mimeType, blob, duration, waveform: waveformOf(this.levels) };
  }

  /** Let go of the microphone, and of what was recorded. */
  cancel(): void {
    this.ending = true;
    if (this.active) this.recorder.stop();
  }

  private listen(): void {
    this.analyser.getFloatTimeDomainData(this.samples);
    this.levels.push(loudness(this.samples));
    this.listener.onLevel();
    if (this.seconds >= LONGEST_S) this.recorder.stop();
  }

  private ended(): void {
    this.lasted = this.seconds;
    clearInterval(this.timer);
    for (const track of this.stream.getTracks()) track.stop();
    void this.context.close().catch(() => undefined);
    if (!this.ending) this.listener.onEnd();
  }
}
