import { ApiError, transportLost } from "../../api/errors.ts";
import type { Session } from "../../api/types.ts";

export interface DemoPerson {
  username: string;
  displayName: string;
}

/** Whether there may be demo people: they are offered to the machine itself, in development. */
export function mayHaveDemo(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

/** The demo people of this server; none in production. */
export async function demoPeople(signal: AbortSignal): Promise<DemoPerson[]> {
  const response = await fetch("/dev/demo", { headers: { Accept: "application/json" }, signal });
  if (!response.ok) return [];
  const { people } = (await response.json()) as { people: DemoPerson[] };
  return people;
}

/** Signs in as one of them. */
export async function signInAs(username: string): Promise<Session> {
  const headers = { Accept: "application/json", "X-Chatr-Session": "cookie" };
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(`/dev/demo/${encodeURIComponent(username)}`, { method: "POST", headers });
    body = await response.json();
  } catch (error) {
    throw transportLost(String(error));
  }
  if (!response.ok) throw ApiError.from(body as Record<string, unknown>, response.status);
  return body as Session;
}
