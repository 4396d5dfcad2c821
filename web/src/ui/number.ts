import { locale } from "../text/index.ts";

const format = new Intl.NumberFormat(locale);

/** A number as readers write it: 5,000. */
export function numberText(value: number): string {
  return format.format(value);
}
