import { files } from "./en/files.ts";
import { t as everywhere } from "./index.ts";

/** With the words about what is attached, recorded and cropped. They come with what says them. */
export const t = { ...everywhere, files };
