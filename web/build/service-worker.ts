import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { build, type Plugin, type Rolldown } from "vite";

/** Of these chunks nobody needs one to start: they are kept when somebody has opened them. */
const LATER = /(?:^|\/)(?:Lab|Docs|useReference|EmojiPickerLoaded)-/;
const PUBLIC = ["/mark.svg", "/mark-unread.svg", "/manifest.webmanifest", "/icon-192.png"];

/** Writes `sw.js` beside the client: src/sw/worker.ts with the list of files that the shell is made of. */
export function serviceWorkerPlugin(): Plugin {
  const entry = fileURLToPath(new URL("../src/sw/worker.ts", import.meta.url));
  return {
    name: "chatr-service-worker",
    apply: "build",
    // Behind all others: Vite takes away chunks that have nothing but styles.
    generateBundle: {
      order: "post",
      async handler(_options, bundle) {
        const files = Object.keys(bundle).filter((name) => /\.(js|css)$/.test(name) && !LATER.test(name));
        // Of files with a hash in their name the names are the version; the page itself has none.
        const page = bundle["index.html"];
        const source = page?.type === "asset" ? page.source : "";
        const version = createHash("sha256").update(files.sort().join()).update(source).digest("hex").slice(0, 12);
        const shell = ["/", ...PUBLIC, ...files.map((name) => `/${name}`)];
        this.emitFile({ type: "asset", fileName: "sw.js", source: await compile(entry, shell, version) });
      },
    },
  };
}

async function compile(entry: string, shell: readonly string[], version: string): Promise<string> {
  const made = await build({
    configFile: false,
    publicDir: false,
    logLevel: "error",
    define: { SHELL: JSON.stringify(shell), VERSION: JSON.stringify(version) },
    build: { write: false, target: "es2022", rolldownOptions: { input: entry, output: { format: "iife" } } },
  });
  const { output } = made as Rolldown.RolldownOutput;
  return output[0].code;
}
