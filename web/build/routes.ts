import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const ID = "virtual:chatr-routes";

interface OpenApi {
  info: { version: string };
  paths: Record<string, Record<string, { operationId?: string }>>;
}

/** Makes `virtual:chatr-routes`: the verb and path of each operation, and the version, from docs/api/openapi.json. */
export function routesPlugin(openapi: string): Plugin {
  return {
    name: "chatr-routes",
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    load(id) {
      if (id !== `\0${ID}`) return undefined;
      this.addWatchFile(openapi);
      const { info } = JSON.parse(readFileSync(openapi, "utf8")) as OpenApi;
      return `export const routes = ${JSON.stringify(readRoutes(openapi))};\nexport const version = ${JSON.stringify(info.version)};`;
    },
  };
}

/** `{"message.send": ["POST", "/api/messages"], …}`; of several paths of one operation the first. */
export function readRoutes(openapi: string): Record<string, [string, string]> {
  const { paths } = JSON.parse(readFileSync(openapi, "utf8")) as OpenApi;
  const routes: Record<string, [string, string]> = {};
  for (const [path, verbs] of Object.entries(paths)) {
    for (const [verb, { operationId }] of Object.entries(verbs)) {
      if (operationId !== undefined) routes[operationId] ??= [verb.toUpperCase(), path];
    }
  }
  return routes;
}
