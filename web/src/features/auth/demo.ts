import { ApiError, transportLost } from "../../api/errors.ts";
import type { Session } from "../../api/types.ts";
import { inDevelopment } from "../../app/development.ts";

export interface DemoPerson {
  username: string;
  displayName: string;
  /** Of those who are there already: the first click makes them. */
  id?: string;
}

export interface DemoCast {
  /** Whom one may sign in as. */
  people: readonly DemoPerson[];
  /** Who answers by itself. */
  bots: readonly DemoPerson[];
}

const NOBODY: DemoCast = { people: [], bots: [] };

/** Who is in the demo of this server; nobody in production. */
export async function demoCast(signal?: AbortSignal): Promise<DemoCast> {
  if (!(await inDevelopment())) return NOBODY;
  const response = await fetch("/dev/demo", { headers: { Accept: "application/json" }, signal });
  return response.ok ? ((await response.json()) as DemoCast) : NOBODY;
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
