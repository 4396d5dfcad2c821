import { readdirSync, readFileSync } from "node:fs";
import type { Plugin } from "vite";
import type { Guide } from "../src/features/docs/guides.ts";
import { parse } from "../src/features/docs/rst.ts";

const ID = "virtual:chatr-guides";
/** In the order in which one needs them; what is not named comes after. */
const ORDER = ["start", "clients", "deployment", "security", "performance", "architecture"];

/** Makes `virtual:chatr-guides`: README.rst, as `start`, and all of docs/, read once, when the client is built. */
export function guidesPlugin(root: string): Plugin {
  return {
    name: "chatr-guides",
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    load(id) {
      if (id !== `\0${ID}`) return undefined;
      const files = guideFiles(root);
      for (const [, path] of files) this.addWatchFile(path);
      return `export const guides = ${JSON.stringify(files.map(([name, path]) => readGuide(name, path)))};`;
    },
  };
}

function guideFiles(root: string): [name: string, path: string][] {
  const docs = readdirSync(`${root}/docs`, { recursive: true, encoding: "utf8" })
    // Of pictures no page can be made: they stand in the repository only.
    .filter((file) => file.endsWith(".rst") && !file.startsWith("screenshots"))
    .map((file): [string, string] => [file.replaceAll("\\", "/").replace(/\.rst$/, ""), `${root}/docs/${file}`]);
  const files: [string, string][] = [["start", `${root}/README.rst`], ...docs];
  const place = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return files.sort(([a], [b]) => place(a) - place(b) || a.localeCompare(b));
}

function readGuide(id: string, path: string): Guide {
  let blocks: ReturnType<typeof parse>;
  try {
    blocks = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : error}`);
  }
  const [first, ...rest] = blocks;
  if (first?.kind !== "heading") throw new Error(`${path} does not begin with a title`);
  return { id, title: first.text, blocks: rest };
}
