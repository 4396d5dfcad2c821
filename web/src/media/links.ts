/**
 * Until when a link opens, in milliseconds since 1970: its signature begins with the seconds. Undefined: it does not say,
 * and opens as long as somebody may have it.
 */
export function expiryOf(url: string): number | undefined {
  const query = url.slice(url.indexOf("?") + 1);
  const seconds = /^(\d{1,12})\./.exec(new URLSearchParams(query).get("signature") ?? "")?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** A link that ends while it is on its way opens nothing. */
const MARGIN_MS = 5_000;

/** Whether a link opens still, by the clock of this device. */
export function opens(url: string, now: number): boolean {
  const expiry = expiryOf(url);
  return expiry === undefined || now + MARGIN_MS < expiry;
}
