import { createStore, type StoreApi, useStore } from "zustand";
import type { Engine } from "../../../engine/engine.ts";
import type { NewFile } from "../../../engine/sends.ts";

/** A file that is to be sent with what is being written. */
export interface Attached {
  key: string;
  kind: "image" | "video" | "audio" | "file";
  file: NewFile;
  /** Of a picture or a video: where it can be seen. Who takes it out of the tray revokes it. */
  url?: string;
}

/** What is recorded and not sent yet. */
export interface Voice extends NewFile {
  duration: number;
  waveform: number[];
}

/** What stands above the line of a composer. */
export interface Tray {
  items: readonly Attached[];
  voice?: Voice | undefined;
  /** Why something is not there. */
  problem?: string | undefined;
}

type Trays = Readonly<Record<string, Tray>>;

const nothing: Tray = { items: [] };
/** In memory, and of one session: who signs out leaves nothing, and a reload begins anew. */
const stores = new WeakMap<Engine, StoreApi<Trays>>();

function storeOf(engine: Engine): StoreApi<Trays> {
  const store = stores.get(engine) ?? createStore<Trays>(() => ({}));
  stores.set(engine, store);
  return store;
}

/** What is attached to what is being written to somebody. It is there again when one comes back. */
export function useTray(engine: Engine, target: string): Tray {
  return useStore(storeOf(engine), (trays) => trays[target] ?? nothing);
}

export function changeTray(engine: Engine, target: string, change: (tray: Tray) => Tray): void {
  storeOf(engine).setState((trays) => ({ ...trays, [target]: change(trays[target] ?? nothing) }));
}

/** What is being written to a person is written to the conversation with them, once there is one. */
export function moveTray(engine: Engine, from: string, to: string): void {
  storeOf(engine).setState(({ [from]: moved, ...others }) => (moved ? { [to]: moved, ...others } : others), true);
}
