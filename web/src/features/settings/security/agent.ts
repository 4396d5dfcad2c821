export type DeviceKind = "desktop" | "phone" | "program";

export interface Device {
  kind: DeviceKind;
  browser?: string;
  system?: string;
}

/** In this order: those further down also name themselves as those above. */
const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\b(?:OPR|Opera)\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\b(?:Firefox|FxiOS)\//, "Firefox"],
  [/\b(?:Headless)?(?:Chrome|CriOS|Chromium)\//, "Chrome"],
  [/\bVersion\/.*\bSafari\//, "Safari"],
];

const SYSTEMS: readonly [RegExp, string, DeviceKind][] = [
  [/\bAndroid\b/, "Android", "phone"],
  [/\biPhone\b/, "iPhone", "phone"],
  [/\biPad\b/, "iPad", "phone"],
  [/\bWindows\b/, "Windows", "desktop"],
  [/\bMacintosh\b/, "macOS", "desktop"],
  [/\bCrOS\b/, "ChromeOS", "desktop"],
  [/\bLinux\b/, "Linux", "desktop"],
];

/** What a User-Agent says of a device. Programs say their name before a slash. */
export function deviceOf(agent: string): Device {
  const browser = BROWSERS.find(([pattern]) => pattern.test(agent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent));
  if (browser === undefined && !agent.startsWith("Mozilla/")) {
    const program = /^[^\s/]{1,40}/.exec(agent)?.[0];
    return { kind: "program", browser: program, system: system?.[1] };
  }
  return { kind: system?.[2] ?? "desktop", browser, system: system?.[1] };
}
