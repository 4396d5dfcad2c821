import { people } from "./en/people.ts";
import { t as everywhere } from "./index.ts";

/** With the words about people: friends, profiles, what one may do about somebody. They come with what says them. */
export const t = { ...everywhere, people };
