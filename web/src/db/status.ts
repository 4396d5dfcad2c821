import type { Conversation, Message } from "../api/types.ts";

type Marks = Pick<Conversation, "kind" | "memberCount" | "otherReadSeq" | "otherDeliveredSeq">;

/** How far a message has come, as watermarks say: what its row says is of the time when it came. */
export function statusOf(message: Message, marks: Marks | undefined, me: string): NonNullable<Message["status"]> {
  // What the server tells waits for nobody, nor does what is written where nobody else is.
  if (message.sender.id !== me || message.type === "system") return message.status === "listened" ? "listened" : "sent";
  if (marks?.kind === "group" && (marks.memberCount ?? 0) < 2) return "sent";
  if (message.status === "listened") return "listened";
  if ((marks?.otherReadSeq ?? 0) >= message.seq) return "read";
  return (marks?.otherDeliveredSeq ?? 0) >= message.seq ? "delivered" : "sent";
}
