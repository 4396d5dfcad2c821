import { locale } from "../text/index.ts";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** The size of a file, as people read it: 840 kB, 2.1 MB. In steps of 1,024, as limits are. */
export function fileSize(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1023.5 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  const maximumFractionDigits = size < 9.95 && unit > 1 ? 1 : 0;
  // Short, bytes have no plural.
  const unitDisplay = unit === 0 ? "long" : "short";
  const style = { style: "unit", unit: UNITS[unit], unitDisplay, maximumFractionDigits } as const;
  return new Intl.NumberFormat(locale, style).format(size);
}
