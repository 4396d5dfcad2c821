import { useEffect, useRef } from "react";
import { passOver } from "../../../engine/quietly.ts";
import { useEngine } from "../../../session/session.ts";
import { changeTray, moveTray, type Tray, useTray, type Voice } from "./tray.ts";

/** What is attached to what is being written, and what one may do about it. */
export interface Files {
  tray: Tray;
  /** `folders`: how many of what was dropped are none. */
  add(files: readonly File[], folders?: number): void;
  remove(key: string): void;
  /** Keep what was recorded until it is sent; undefined: it is not to be. */
  keepVoice(voice: Voice | undefined): void;
  /** Say why something is not there. */
  say(problem: string | undefined): void;
  /** Take all out that is attached. It goes back with `putBack`, and is let go of with `forget`. */
  take(): Tray;
  putBack(tray: Tray): void;
  forget(tray: Tray): void;
}

export function useFiles(target: string): Files {
  const engine = useEngine();
  const tray = useTray(engine, target);
  // What a file is added to may get another name while somebody looks at the file.
  const latest = useRef(target);
  useEffect(() => {
    if (latest.current !== target) moveTray(engine, latest.current, target);
    latest.current = target;
  }, [engine, target]);
  // What was added first stands first, however long it takes to look at it.
  const adding = useRef(Promise.resolve());
  const change = (next: (tray: Tray) => Tray) => changeTray(engine, latest.current, next);
  const add = async (files: readonly File[], folders: number, before: Promise<void>) => {
    const { addFiles, limitOf } = await import("./adding.ts");
    const { items, problem } = await addFiles(files, folders, await limitOf(engine));
    await before;
    change((tray) => ({ ...tray, items: [...tray.items, ...items], problem }));
  };
  return {
    tray,
    add: (files, folders = 0) => {
      adding.current = add(files, folders, adding.current).catch(passOver);
    },
    remove: (key) => {
      forget({ items: tray.items.filter((item) => item.key === key) });
      change((before) => ({ ...before, items: before.items.filter((item) => item.key !== key), problem: undefined }));
    },
    keepVoice: (voice) => change((before) => ({ ...before, voice, problem: undefined })),
    say: (problem) => change((before) => ({ ...before, problem })),
    take: () => {
      change((before) => ({ ...before, items: [], problem: undefined }));
      return tray;
    },
    putBack: ({ items }) => change((before) => ({ ...before, items: [...items, ...before.items] })),
    forget,
  };
}

function forget({ items }: Tray): void {
  for (const { url } of items) if (url !== undefined) URL.revokeObjectURL(url);
}
