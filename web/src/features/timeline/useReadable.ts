import { useEffect, useRef } from "react";
import type { Message } from "../../api/types.ts";
import { useLate } from "./late.ts";
import { isPlain } from "./plain.ts";
import { fileBodies } from "./useFileBodies.ts";
import { markdown } from "./useMarkdown.ts";

/** So long after a conversation was opened there is time for what a later message may need. */
const SOON_MS = 2000;

/**
 * Whether a conversation can be shown as it is meant. It does not open before: what became another one would move all
 * others. `ready`: the messages are here.
 */
export function useReadable(messages: readonly Message[], ready: boolean): boolean {
  const readable = useRef(false);
  const asks = ready && !readable.current;
  const needsMarkdown = asks && !messages.every(({ content }) => isPlain(content));
  const needsFiles = asks && messages.some(({ file }) => file !== undefined);
  const hasMarkdown = useLate(markdown, needsMarkdown) !== undefined || !needsMarkdown;
  const hasFiles = useLate(fileBodies, needsFiles) !== undefined || !needsFiles;
  useEffect(() => {
    const timer = setTimeout(() => {
      markdown.load();
      fileBodies.load();
    }, SOON_MS);
    return () => clearTimeout(timer);
  }, []);
  if (ready && hasMarkdown && hasFiles) readable.current = true;
  return readable.current;
}
