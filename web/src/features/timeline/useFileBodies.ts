import { late, useLate } from "./late.ts";

/** What shows files: many conversations have none. Where it did not come, words stand for them. */
export const fileBodies = late(() => import("./files/bodies.ts"));

export const useFileBodies = () => useLate(fileBodies, true);
