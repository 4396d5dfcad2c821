import type { Events, Message } from "../api/types.ts";
import type { Store } from "./store.ts";

type Waveform = Events["chatr.audio.waveform"];

/** Put what the server has heard of a voice note to its message. It is no entry of a log: all it says is in the file. */
export async function putWaveform(store: Store, told: Waveform): Promise<void> {
  await store.change(async () => {
    const { messages, conversations } = store.db;
    await messages
      .where("id")
      .equals(told.messageId)
      .modify((message) => void heard(message, told));
    await conversations
      .where("id")
      .equals(told.conversationId)
      .modify(({ lastMessage }) => {
        if (lastMessage?.id === told.messageId) heard(lastMessage, told);
      });
  });
}

/** The file of a message as the server has heard it. */
export function heard(message: Message, { fileId, waveform, duration, failed }: Waveform): void {
  const { file } = message;
  if (file?.id !== fileId) return;
  message.file = {
    ...file,
    waveformState: failed ? "failed" : "ready",
    ...(!failed && { waveform }),
    ...(duration !== undefined && { duration }),
  };
}
