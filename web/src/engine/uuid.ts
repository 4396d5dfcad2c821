const DAY_MS = 24 * 3600 * 1000;

/**
 * A version 7 UUID (RFC 9562), its time cut to the day: what is sent in these days lies together in the server's index of
 * client ids, and whoever is shown one learns no more than the day.
 */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const now = Date.now();
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, (BigInt(now - (now % DAY_MS)) << 16n) | 0x7000n | BigInt(view.getUint16(6) & 0x0fff));
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
