/** The local day of a moment, as `2026-11-24`. */
export function dayOf(at: Date): string {
  const pad = (number: number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
}

/** Its noon: each day has one, in every time zone. */
export function noonOf(day: string): Date {
  return new Date(`${day}T12:00:00`);
}
