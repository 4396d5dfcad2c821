import { developer } from "./en/developer.ts";
import { t as everywhere } from "./index.ts";

/** With the words of the lab and the documentation. They come with the pages that say them. */
export const t = { ...everywhere, developer };
