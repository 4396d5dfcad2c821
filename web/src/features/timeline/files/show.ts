import type { File, Message } from "../../../api/types.ts";
import { useEngine } from "../../../session/session.ts";
import { around } from "../../viewer/around.ts";
import { view } from "../../viewer/state.ts";

export type PictureMessage = Message & { file: File };

/** Answers how a picture of the conversation is shown large, among all others of it. */
export function useShowPicture(): (message: PictureMessage) => void {
  const engine = useEngine();
  return (message) => view({ at: message, source: around(engine, message.conversationId) });
}
