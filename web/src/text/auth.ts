import { auth } from "./en/auth.ts";
import { t as everywhere } from "./index.ts";

/** With the words of signing in and of what keeps an account safe. They come with the pages that say them. */
export const t = { ...everywhere, auth };
