import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = /\.(css|html|js|json|svg|txt|wasm|webmanifest)$/;
/** Below it compression saves no packet. */
const WORTH_BYTES = 1024;
/** Of what is no first load (the data of emoji and guides) the last percents are not worth the seconds. */
const LARGE_BYTES = 512 * 1024;

/** Leaves `.br` and `.gz` beside each file of text; chatr serves them to browsers that take them. */
export function compressPlugin(): Plugin {
  let folder = "";
  return {
    name: "chatr-compress",
    apply: "build",
    enforce: "post",
    configResolved: ({ build }) => {
      folder = build.outDir;
    },
    // Last: also after those that write files of their own when the bundle is closed.
    closeBundle: {
      order: "post",
      sequential: true,
      handler: async (error) => {
        if (error === undefined) await compressAll(folder);
      },
    },
  };
}

async function compressAll(folder: string): Promise<void> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => TEXT.test(name));
  await Promise.all(names.map((name) => compress(join(folder, name))));
}

async function compress(path: string): Promise<void> {
  const plain = readFileSync(path);
  if (plain.length < WORTH_BYTES) return;
  const quality = plain.length > LARGE_BYTES ? 9 : 11;
  const [small, fallback] = await Promise.all([
    promisify(brotliCompress)(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }),
    promisify(gzip)(plain, { level: 9 }),
  ]);
  writeFileSync(`${path}.br`, small);
  writeFileSync(`${path}.gz`, fallback);
}
