import { en } from "./en/index.ts";

/** All words on the screen. A language is an object of this shape. */
export type Catalogue = typeof en;

/** The words, in the language of this tab. Components read `t.<part>.<name>`; with parts to fill in it is a function. */
export const t: Catalogue = en;

/** The language for `Intl`: dates and numbers follow the browser's region, where it speaks the language of the words. */
// Tests run where there is no navigator, and Chromium under LANG=C names a locale that is none: en-US@posix.
export const locale: string = globalThis.navigator?.languages?.find((each) => /^en(-\w+)*$/.test(each)) ?? "en";
