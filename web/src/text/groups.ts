import { groups } from "./en/groups.ts";
import { t as everywhere } from "./people.ts";

/** With the words of what groups are, and how one comes into them. They come with what says them. */
export const t = { ...everywhere, groups };
