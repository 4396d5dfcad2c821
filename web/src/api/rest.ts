import { routes } from "virtual:chatr-routes";
import { ApiError, transportLost } from "./errors.ts";
import type { OperationName, ParamsOf, ResultOf } from "./types.ts";

export interface RestOptions {
  /** An access token; without one only public operations answer. */
  token?: string;
  signal?: AbortSignal;
  /** The WAMP connection that the call is one of: a refresh prolongs it, and it gets no events of what the call does. */
  connection?: string;
  /** Without the browser's cookies, which stay as they are: for a session beside the one of this browser. */
  apart?: boolean;
  /** Where the server is; empty: where this page is from. */
  origin?: string;
}

/** A network that is gone may say nothing for minutes: what is not answered by then is taken for lost. */
const ANSWER_MS = 30_000;

/** Call an operation by REST. Rejects with {@link ApiError}, of code `transport_lost` when there was no answer. */
export async function rest<N extends OperationName>(
  name: N,
  params: ParamsOf<N>,
  { token, signal, connection, apart = false, origin = "" }: RestOptions = {},
): Promise<ResultOf<N>> {
  const { verb, url, body } = requestOf(name, params as Record<string, unknown>);
  const headers: Record<string, string> = { Accept: "application/json" };
  if (!apart) headers["X-Chatr-Session"] = "cookie";
  if (token !== undefined) headers.Authorization = `Bearer ${token}`;
  if (connection) headers["X-Chatr-Connection"] = connection;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const init: RequestInit = { method: verb, headers, body, cache: "no-store" };
  init.credentials = apart ? "omit" : "same-origin";
  const late = AbortSignal.timeout(ANSWER_MS);
  init.signal = signal === undefined ? late : AbortSignal.any([signal, late]);
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(`${origin}/api${url}`, init);
    const text = await response.text();
    answer = text === "" ? {} : JSON.parse(text);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw transportLost(String(error));
  }
  if (!response.ok) throw ApiError.from(answer as Record<string, unknown>, response.status);
  return answer as ResultOf<N>;
}

/** The verb, the path with its query, and the body of a call. */
export function requestOf(
  name: string,
  params: Record<string, unknown>,
): { verb: string; url: string; body: string | undefined } {
  const route = routes[name];
  if (route === undefined) throw new Error(`no operation ${name}`);
  const [verb, path] = route;
  const rest = { ...params };
  let url = path.replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = rest[key];
    delete rest[key];
    return encodeURIComponent(String(value));
  });
  if (verb !== "GET" && verb !== "DELETE") return { verb, url, body: JSON.stringify(rest) };
  if (verb === "DELETE" && Object.keys(rest).length > 0) return { verb, url, body: JSON.stringify(rest) };
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(rest)) {
    if (value === undefined || value === null) continue;
    for (const each of Array.isArray(value) ? value : [value]) query.append(key, String(each));
  }
  if (query.size > 0) url += `?${query}`;
  return { verb, url, body: undefined };
}
