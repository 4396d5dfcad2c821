/** Whether the browser gives no more room to what is kept here: Dexie may have that inside of what it says. */
export function isFull(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  const { name, inner, failures = [] } = error as { name?: string; inner?: unknown; failures?: readonly unknown[] };
  return name === "QuotaExceededError" || isFull(inner) || failures.some(isFull);
}
