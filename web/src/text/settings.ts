import { settings } from "./en/settings.ts";
import { t as everywhere } from "./people.ts";

/** With the words of the settings. They come with their pages. */
export const t = { ...everywhere, settings };
