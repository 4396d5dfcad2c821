/** Something with an id that came by in an answer or an event. */
export interface Known {
  kind: "user" | "conversation" | "message" | "session";
  id: string;
  label: string;
  /** By the ids of those who have seen it: what one is in another may know nothing of. */
  seenBy: readonly string[];
}

type Found = Omit<Known, "seenBy">;

const MOST = 40;

/** All that a payload tells of, newest last. */
export function knownIn(payload: unknown): Found[] {
  // Messages ascend by their seq; all other lists begin with what is newest.
  if (Array.isArray(payload))
    return (isRecord(payload[0]) && "seq" in payload[0] ? payload : payload.toReversed()).flatMap(knownIn);
  if (!isRecord(payload)) return [];
  const inside = Object.values(payload).flatMap(knownIn);
  const own = knownOf(payload);
  return own === undefined ? inside : [...inside, own];
}

function knownOf(value: Record<string, unknown>): Found | undefined {
  const { id, username, displayName, headSeq, conversationId, content, sender, other } = value;
  if (typeof id !== "string") return undefined;
  if (typeof username === "string") return { kind: "user", id, label: nameOf(displayName) || username };
  if (typeof headSeq === "number")
    return { kind: "conversation", id, label: isRecord(other) ? nameOf(other.displayName) : "" };
  if (typeof conversationId === "string" && isRecord(sender))
    return { kind: "message", id, label: String(content ?? "") };
  return "lastUsedAt" in value ? { kind: "session", id, label: nameOf(value.userAgent) } : undefined;
}

function nameOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is known with what somebody has seen beside: the newest first, once each. */
export function remember(known: readonly Known[], found: readonly Found[], by: string): readonly Known[] {
  if (found.length === 0) return known;
  const before = new Map(known.map((each) => [each.id, each]));
  const seen = new Map<string, Known>();
  for (const each of found.toReversed()) {
    const seenBy = new Set([...(before.get(each.id)?.seenBy ?? []), by]);
    if (!seen.has(each.id)) seen.set(each.id, { ...each, seenBy: [...seenBy] });
  }
  const all = [...seen.values(), ...known.filter(({ id }) => !seen.has(id))];
  const counts = new Map<Known["kind"], number>();
  return all.filter(({ kind }) => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return count <= MOST;
  });
}

/** What kind of thing the id in a field is of. */
export function kindOf(operation: string, field: string): Known["kind"] | undefined {
  if (/^(recipient|user|otherUser|sender)Ids?$|^userId$/.test(field)) return "user";
  if (field === "conversationId") return "conversation";
  if (/^(message|replyTo)Id$/.test(field)) return "message";
  if (field !== "id") return undefined;
  const [area = ""] = operation.split(".");
  const kinds: Record<string, Known["kind"]> = {
    message: "message",
    conversation: "conversation",
    user: "user",
    friend: "user",
    presence: "user",
    session: "session",
    activity: "conversation",
  };
  return kinds[area];
}
