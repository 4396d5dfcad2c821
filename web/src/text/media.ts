import { media } from "./en/media.ts";
import { t as everywhere } from "./index.ts";

export { media };

/** With the words about files. They come with what shows them. */
export const t = { ...everywhere, media };
