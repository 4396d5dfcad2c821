import { type DragEvent, useRef, useState } from "react";

export interface Dropping {
  /** Files are held above the conversation. */
  over: boolean;
  handlers: Pick<DragHandlers, "onDragEnter" | "onDragLeave" | "onDragOver" | "onDrop">;
}

type DragHandlers = Record<`onDrag${"Enter" | "Leave" | "Over"}` | "onDrop", (event: DragEvent) => void>;

/**
 * Files that are dropped anywhere on an element. `folders`: how many of what was dropped are none. Where none are taken
 * they do nothing: the browser would go to the file instead.
 */
export function useDropping(onFiles: ((files: readonly File[], folders: number) => void) | undefined): Dropping {
  const [over, setOver] = useState(false);
  // Each element below says that one comes and goes.
  const depth = useRef(0);
  const step = (by: number) => (event: DragEvent) => {
    if (!hasFiles(event)) return;
    depth.current = Math.max(0, depth.current + by);
    setOver(depth.current > 0);
  };
  return {
    over: over && onFiles !== undefined,
    handlers: {
      onDragEnter: step(1),
      onDragLeave: step(-1),
      // Without that the browser goes to the file.
      onDragOver: (event) => hasFiles(event) && event.preventDefault(),
      onDrop: (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        depth.current = 0;
        setOver(false);
        const items = [...event.dataTransfer.items].filter(({ kind }) => kind === "file");
        const isFolder = items.map((item) => item.webkitGetAsEntry?.()?.isDirectory === true);
        const files = items.map((item) => item.getAsFile());
        onFiles?.(
          files.flatMap((file, index) => (file === null || isFolder[index] ? [] : [file])),
          isFolder.filter(Boolean).length,
        );
      },
    },
  };
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer.types.includes("Files");
}
