import { liveQuery, type Subscription } from "dexie";
import { createStore, type StoreApi } from "zustand";
import type { File, Message } from "../api/types.ts";
import type { Engine } from "../engine/engine.ts";
import { passOver, quietly } from "../engine/quietly.ts";
import { useAppearance } from "../theme/appearance.ts";
import { filesOf } from "./files.ts";
import { hear } from "./only.ts";

export const SPEEDS = [1, 1.5, 2] as const;
export type Speed = (typeof SPEEDS)[number];

/** Where it is kept how fast somebody listens. */
const SPEED = "voiceSpeed";

export interface Playing {
  /** Which voice note is played, or was paused; undefined: none. */
  messageId: string | undefined;
  /** It is heard at this moment, or will be when enough of it is here. */
  active: boolean;
  /** Where, and of how much, in seconds. */
  position: number;
  duration: number;
  speed: Speed;
  /** It could not be played. */
  failed: boolean;
}

const nothing = { messageId: undefined, active: false, position: 0, duration: 0, failed: false };

/** A voice note: a message with its file. */
export type VoiceNote = Message & { file: File };

/** Plays voice notes: one at a time, and then the next of the conversation. It lives above what is on the screen. */
export class Player {
  readonly state: StoreApi<Playing> = createStore<Playing>(() => ({ ...nothing, speed: 1 }));
  private readonly audio = new Audio();
  private note: VoiceNote | undefined;
  /** Which note the element has. */
  private loaded: string | undefined;
  /** What is asked for last counts. */
  private turn = 0;
  private frame = 0;
  private retried = false;
  private told = false;
  private watched: Subscription | undefined;

  constructor(private readonly engine: Engine) {
    const { audio } = this;
    audio.preload = "auto";
    audio.preservesPitch = true;
    audio.addEventListener("playing", () => this.tick());
    audio.addEventListener("durationchange", () => this.measured());
    audio.addEventListener("ended", () => quietly(this.ended()));
    audio.addEventListener("error", () => this.broken());
    // A headset, or the browser, may pause it as well.
    audio.addEventListener("pause", () => audio.ended || this.rest());
    audio.addEventListener("play", () => this.begun());
    quietly(this.remember());
  }

  /** Begin, go on, or pause. */
  toggle(note: VoiceNote): void {
    const { messageId, active, position, failed } = this.state.getState();
    if (messageId !== note.id) quietly(this.play(note));
    else if (active) this.pause();
    else if (failed || this.loaded !== note.id) quietly(this.play(note, position));
    else quietly(this.resume());
  }

  readonly pause = (): void => {
    // What is being fetched is not played when it comes.
    this.turn += 1;
    this.audio.pause();
    this.rest();
  };

  /** Go to a place, in seconds; of a note that is not played yet that is where it begins. */
  seek(note: VoiceNote, to: number): void {
    const length = this.lengthOf(note);
    const position = Math.max(0, Math.min(to, length));
    if (this.note?.id !== note.id) quietly(this.play(note, position));
    else {
      this.audio.currentTime = position;
      this.state.setState({ position });
    }
  }

  /** How fast all are heard from now on. */
  setSpeed(speed: Speed): void {
    this.state.setState({ speed });
    this.audio.playbackRate = speed;
    quietly(this.engine.db.meta.put({ key: SPEED, value: speed }));
  }

  /** How long a note is: a recorder may not have said so, its player does. */
  lengthOf(note: VoiceNote): number {
    const { messageId, duration } = this.state.getState();
    return (messageId === note.id && duration) || (note.file.duration ?? 0);
  }

  private async play(note: VoiceNote, from = 0): Promise<void> {
    this.pause();
    hear(this);
    this.note = note;
    this.loaded = undefined;
    this.retried = false;
    this.watch(note);
    this.state.setState({ ...nothing, messageId: note.id, active: true, position: from });
    await this.load(note, from, (file) => filesOf(this.engine).opening(file));
  }

  /** One that is unsent is heard by nobody any more, at once. */
  private watch({ id }: VoiceNote): void {
    this.watched?.unsubscribe();
    const row = liveQuery(() => this.engine.db.messages.get(id));
    this.watched = row.subscribe((message) => {
      if (message?.unsent) this.forget();
    }, passOver);
  }

  private forget(): void {
    this.pause();
    this.note = undefined;
    this.loaded = undefined;
    this.audio.removeAttribute("src");
    this.state.setState(nothing);
  }

  private async load(note: VoiceNote, from: number, find: (file: File) => Promise<File>): Promise<void> {
    const { turn, audio } = this;
    const file = await find(note.file).catch(() => undefined);
    if (turn !== this.turn) return;
    if (file === undefined) return this.fail();
    this.loaded = note.id;
    audio.src = file.url;
    audio.playbackRate = this.state.getState().speed;
    audio.currentTime = from;
    await this.resume();
  }

  private async resume(): Promise<void> {
    const { turn } = this;
    this.state.setState({ active: true, failed: false });
    try {
      await this.audio.play();
    } catch (error) {
      // One that was stopped before it began has not failed, and one that can't be loaded says so itself.
      const isRefused = error instanceof DOMException && error.name === "NotAllowedError";
      if (isRefused && turn === this.turn) this.rest();
    }
  }

  /** Its link may have ended: it is tried with another one, from where it was. */
  private broken(): void {
    const { note } = this;
    if (note === undefined || this.loaded !== note.id) return;
    const { position } = this.state.getState();
    if (this.retried) this.fail();
    else quietly(this.load(note, position, (file) => filesOf(this.engine).renew(file.id)));
    this.retried = true;
  }

  private fail(): void {
    this.rest();
    this.state.setState({ failed: true });
  }

  private begun(): void {
    const { note } = this;
    if (note === undefined) return;
    hear(this);
    this.state.setState({ active: true });
    this.present(note);
    this.tell(note, true);
  }

  private rest(): void {
    cancelAnimationFrame(this.frame);
    this.state.setState({ active: false });
    if (this.note !== undefined) this.tell(this.note, false);
  }

  private measured(): void {
    const { duration } = this.audio;
    if (Number.isFinite(duration)) this.state.setState({ duration });
  }

  private tick(): void {
    cancelAnimationFrame(this.frame);
    this.state.setState({ position: this.audio.currentTime });
    if (!this.audio.paused) this.frame = requestAnimationFrame(() => this.tick());
  }

  private async ended(): Promise<void> {
    const { note, turn } = this;
    cancelAnimationFrame(this.frame);
    if (note === undefined) return;
    this.heard(note);
    const next = useAppearance.getState().playNext ? await this.after(note) : undefined;
    if (turn !== this.turn) return;
    if (next === undefined) this.state.setState({ active: false, position: 0 });
    else await this.play(next);
  }

  /** The next voice note of the conversation, as far as it is here. */
  private async after({ conversationId, seq }: VoiceNote): Promise<VoiceNote | undefined> {
    const later = this.engine.db.messages
      .where("[conversationId+seq]")
      .between([conversationId, seq], [conversationId, Number.POSITIVE_INFINITY], false);
    return (await later.filter(isVoiceNote).first()) as VoiceNote | undefined;
  }

  /** Its sender is told that it was heard to its end. */
  private heard(note: VoiceNote): void {
    if (note.sender.id === this.engine.userId) return;
    if (note.status === "listened") this.tell(note, false);
    else quietly(this.engine.call("message.mark_listened", { id: note.id }));
    this.told = false;
  }

  /** Its sender is told who listens. */
  private tell(note: VoiceNote, active: boolean): void {
    if (note.sender.id === this.engine.userId || active === this.told) return;
    this.told = active;
    quietly(this.engine.call("activity.listening", { messageId: note.id, active }));
  }

  private present(note: VoiceNote): void {
    const session = navigator.mediaSession;
    if (session === undefined) return;
    session.metadata = new MediaMetadata({ title: note.sender.displayName, artist: "Chatr" });
    session.setActionHandler("play", () => quietly(this.resume()));
    session.setActionHandler("pause", this.pause);
    for (const [action, step] of [
      ["seekbackward", -STEP_S],
      ["seekforward", STEP_S],
    ] as const) {
      session.setActionHandler(action, () => this.seek(note, this.audio.currentTime + step));
    }
  }

  private async remember(): Promise<void> {
    const speed = (await this.engine.db.meta.get(SPEED))?.value;
    const known = SPEEDS.find((each) => each === speed);
    if (known !== undefined) this.state.setState({ speed: known });
  }
}

/** As far as a key goes. */
export const STEP_S = 5;

/** Whether a message is one that can be heard. */
export function isVoiceNote(message: Message): message is VoiceNote {
  return message.type === "audio" && message.file !== undefined && message.unsent !== true;
}

const all = new WeakMap<object, Player>();

/** The one of an engine, of which each tab has one. */
export function playerOf(engine: Engine): Player {
  let player = all.get(engine);
  if (player === undefined) {
    player = new Player(engine);
    all.set(engine, player);
  }
  return player;
}
