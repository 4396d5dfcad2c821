const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** A size as people read it: 184 MB, 2.1 GB. */
export function sizeText(bytes: number, locale: string): string {
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const maximumFractionDigits = size < 9.95 && unit > 1 ? 1 : 0;
  return new Intl.NumberFormat(locale, { style: "unit", unit: UNITS[unit], maximumFractionDigits }).format(size);
}
