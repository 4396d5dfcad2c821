/** Something with an id that came by in an answer or an event. */
export interface Known {
  kind: "user" | "conversation" | "message" | "session";
  id: string;
  label: string;
}

const MOST = 40;

/** All that a payload tells of, newest last. */
export function knownIn(payload: unknown): Known[] {
  if (Array.isArray(payload)) return payload.flatMap(knownIn);
  if (!isRecord(payload)) return [];
  const inside = Object.values(payload).flatMap(knownIn);
  const own = knownOf(payload);
  return own === undefined ? inside : [...inside, own];
}

function knownOf(value: Record<string, unknown>): Known | undefined {
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

/** What is known with something more: the newest first, once each. */
export function remember(known: readonly Known[], more: readonly Known[]): readonly Known[] {
  if (more.length === 0) return known;
  const seen = new Set<string>();
  const counts = new Map<Known["kind"], number>();
  return [...[...more].reverse(), ...known].filter(({ id, kind }) => {
    const count = (counts.get(kind) ?? 0) + 1;
    if (seen.has(id) || count > MOST) return false;
    seen.add(id);
    counts.set(kind, count);
    return true;
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
