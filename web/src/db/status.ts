import type { Conversation, Message } from "../api/types.ts";

/** How far a message has come, as watermarks say: what its row says is of the time when it came. */
export function statusOf(
  message: Message,
  marks: Pick<Conversation, "otherReadSeq" | "otherDeliveredSeq"> | undefined,
  me: string,
): NonNullable<Message["status"]> {
  if (message.sender.id !== me) return "sent";
  if (message.status === "listened") return "listened";
  if ((marks?.otherReadSeq ?? 0) >= message.seq) return "read";
  return (marks?.otherDeliveredSeq ?? 0) >= message.seq ? "delivered" : "sent";
}
