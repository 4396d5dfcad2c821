import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const ID = "virtual:chatr-emoji";
const FILES = ["data.json", "messages.json"];

/** Serves the names and tags of emoji from here (the picker would ask a public CDN): `emojiData` is where they are. */
export function emojiPlugin(folder: string): Plugin {
  const { version } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as { version: string };
  const base = `/assets/emoji-${version}`;
  const read = (file: string) => JSON.stringify(JSON.parse(readFileSync(`${folder}/en/${file}`, "utf8")));
  return {
    name: "chatr-emoji",
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    load: (id) => (id === `\0${ID}` ? `export const emojiData = ${JSON.stringify(base)};` : undefined),
    generateBundle() {
      for (const file of FILES) {
        this.emitFile({ type: "asset", fileName: `${base.slice(1)}/en/${file}`, source: read(file) });
      }
    },
    configureServer(server) {
      for (const file of FILES) {
        server.middlewares.use(`${base}/en/${file}`, (_request, response) => {
          response.setHeader("Content-Type", "application/json");
          response.end(read(file));
        });
      }
    },
  };
}
