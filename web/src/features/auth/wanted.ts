import { isInvitation } from "../../app/places.ts";

/** Where whoever signs in was asked to come: in this tab alone, since a provider's page may lie between. */
const KEY = "chatr.wanted";

/** Keep the address, if somebody was asked to come there; answers whether they were, now or before. */
export function noteWanted(): boolean {
  if (isInvitation(location.pathname)) sessionStorage.setItem(KEY, location.pathname + location.hash);
  return sessionStorage.getItem(KEY) !== null;
}

/** Where to begin. Asked once: it is forgotten then. */
export function takeWanted(): string {
  const wanted = sessionStorage.getItem(KEY) ?? "/";
  sessionStorage.removeItem(KEY);
  return wanted;
}
