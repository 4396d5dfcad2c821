import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compressPlugin } from "./build/compress.ts";
import { guidesPlugin } from "./build/docs.ts";
import { emojiPlugin } from "./build/emoji.ts";
import { routesPlugin } from "./build/routes.ts";
import { serviceWorkerPlugin } from "./build/service-worker.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** `npm run dev` serves the sources and asks a running chatr for all else. */
const chatr = process.env.CHATR_URL ?? "http://127.0.0.1:8080";

/**
 * What most pages are made of comes in one piece, and not in twenty of a kilobyte each; without what nobody meets on the
 * way to a conversation.
 */
const PARTS = [
  /\/src\/ui\/(?!Markdown|markdown|EmojiPickerLoaded|Segments|Switch|SettingRow|CodeInput|PasswordInput|(Confirm)?Dialog)/,
  /\/src\/(api\/errors|text\/refusal|media\/length|features\/groups\/rules|features\/profile\/presence)\./,
  /\/src\/features\/chats\/(place|state|line|match|view|list\/(actions|menu)|pick\/Marked)\./,
  /\/src\/features\/timeline\/(?!Details|Person|Readers|Reaction|SearchBar|useReaders)\w+\./,
  /\/node_modules\/(@floating-ui|lucide-react)\//,
];

const isPart = (id: string) => PARTS.some((part) => part.test(id));

export default defineConfig({
  plugins: [
    react(),
    routesPlugin(here("../docs/api/openapi.json")),
    guidesPlugin(here("..")),
    emojiPlugin(here("node_modules/emojibase-data")),
    serviceWorkerPlugin(),
    compressPlugin(),
  ],
  build: {
    outDir: here("../chatr/static"),
    emptyOutDir: true,
    target: "es2022",
    // The colours of the tokens need no older ones; below, :dir() would be guessed from the language.
    cssTarget: ["chrome123", "firefox128", "safari17.5"],
    // No inline script under the Content-Security-Policy, and no data: URL for what is an asset.
    assetsInlineLimit: 0,
    modulePreload: {
      polyfill: false,
      // All import it, and nobody waits for its kilobyte. Asked for ahead while the service worker takes over, it comes
      // twice, which Chromium warns of.
      resolveDependencies: (_, deps) => deps.filter((dep) => !dep.includes("/rolldown-runtime-")),
    },
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "parts", test: isPart, minShareCount: 2 }] } } },
  },
  server: {
    proxy: { "/api": chatr, "/dev": chatr, "/ws": { target: chatr, ws: true } },
  },
  test: {
    environment: "node",
    projects: [
      { extends: true, test: { name: "unit", include: ["src/**/*.test.{ts,tsx}", "test/*.test.ts"] } },
      {
        // Against a chatr of this checkout, that they share.
        extends: true,
        test: {
          name: "engine",
          include: ["test/engine/**/*.test.ts"],
          globalSetup: "test/support/setup.ts",
          setupFiles: "fake-indexeddb/auto",
          fileParallelism: false,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
});
