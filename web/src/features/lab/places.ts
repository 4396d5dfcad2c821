/** The address of the lab with an operation opened, and what its fields have. */
export function labPath(operation: string, params: Record<string, unknown> = {}): string {
  const query = new URLSearchParams({ call: operation });
  if (Object.keys(params).length > 0) query.set("with", JSON.stringify(params));
  return `/lab?${query}`;
}

/** What such an address says. */
export function labQuery(search: string): { operation: string; params: Record<string, unknown> } | undefined {
  const query = new URLSearchParams(search);
  const operation = query.get("call");
  if (operation === null) return undefined;
  try {
    const params: unknown = JSON.parse(query.get("with") ?? "{}");
    return { operation, params: isObject(params) ? params : {} };
  } catch {
    return { operation, params: {} };
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
