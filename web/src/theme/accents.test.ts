import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ACCENTS } from "./appearance.ts";

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const accents = read("./accents.css");

/** The tokens as they are with an accent: what CSS works out is worked out here. */
function tokensWith(accent: string): string {
  const chosen = new RegExp(`"${accent}"\\] \\{\\s*--accent-h: ([\\d.]+);\\s*--accent-c: ([\\d.]+);`).exec(accents);
  const [, hue = "", chroma = ""] = chosen ?? [];
  const rules = accents.slice(accents.lastIndexOf("{"));
  let tokens = read("./tokens.css");
  for (const [, name, value = ""] of rules.matchAll(/(--[\w-]+):\s*(light-dark\([^;]*\));/g)) {
    const resolved = value
      .replace(/calc\(var\(--accent-c\) \* ([\d.]+)\)/g, (_, by) => (Number(chroma) * Number(by)).toFixed(4))
      .replaceAll("var(--accent-c)", chroma)
      .replaceAll("var(--accent-h)", hue)
      .replace(/\s+/g, " ")
      .replaceAll("( ", "(")
      .replaceAll(" )", ")");
    tokens = tokens.replace(new RegExp(`${name}:\\s*[^;]+;`), `${name}: ${resolved};`);
  }
  return tokens;
}

describe("an accent", () => {
  it.each(ACCENTS.filter((accent) => accent !== "petrol"))("%s keeps every contrast", (accent) => {
    const folder = mkdtempSync(join(tmpdir(), "chatr-accent-"));
    try {
      const file = join(folder, "tokens.css");
      const tokens = tokensWith(accent);
      expect(tokens).not.toBe(read("./tokens.css"));
      writeFileSync(file, tokens);
      const check = spawnSync(process.execPath, ["test/check-contrast.mjs", file], { encoding: "utf8" });
      expect(check.stdout.trim().split("\n").at(-1)).toMatch(/, 0 too low\.$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
