import { ApiError, transportLost } from "../../api/errors.ts";
import type { Session } from "../../api/types.ts";
import { inDevelopment } from "../../app/development.ts";

export interface DemoPerson {
  username: string;
  displayName: string;
}

/** The demo people of this server; none in production. */
export async function demoPeople(signal: AbortSignal): Promise<DemoPerson[]> {
  if (!(await inDevelopment())) return [];
  const response = await fetch("/dev/demo", { headers: { Accept: "application/json" }, signal });
  if (!response.ok) return [];
  const { people } = (await response.json()) as { people: DemoPerson[] };
  return people;
}

/** Signs in as one of them; `apart`: beside the session of this browser, whose cookies stay as they are. */
export async function signInAs(username: string, apart = false): Promise<Session> {
  const headers: HeadersInit = { Accept: "application/json", ...(!apart && { "X-Chatr-Session": "cookie" }) };
  const credentials = apart ? "omit" : "same-origin";
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(`/dev/demo/${encodeURIComponent(username)}`, { method: "POST", headers, credentials });
    body = await response.json();
  } catch (error) {
    throw transportLost(String(error));
  }
  if (!response.ok) throw ApiError.from(body as Record<string, unknown>, response.status);
  return body as Session;
}
