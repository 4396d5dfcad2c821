import type { Conversation, Message } from "../../api/types.ts";
import type { OutboxRow } from "../../db/schema.ts";

/** How far a message of one's own has come. */
export type Tick = "pending" | "failed" | "sent" | "delivered" | "read" | "listened";

type Watermarks = Pick<Conversation, "otherReadSeq" | "otherDeliveredSeq">;

/** The watermarks of the other tell it; the message's own status is what was true when it was fetched. */
export function tickOf(message: Pick<Message, "seq" | "status">, marks: Watermarks): Tick {
  const { status } = message;
  if (status === "listened") return "listened";
  if (status === "read" || message.seq <= (marks.otherReadSeq ?? 0)) return "read";
  if (status === "delivered" || message.seq <= (marks.otherDeliveredSeq ?? 0)) return "delivered";
  return "sent";
}

export function tickOfSend(entry: Pick<OutboxRow, "state">): Tick {
  return entry.state === "failed" ? "failed" : "pending";
}
