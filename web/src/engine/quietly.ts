import Dexie from "dexie";
import { ApiError } from "../api/errors.ts";

/** Do what nobody waits for: it may be refused, or have the database closed under it. */
export function quietly(work: Promise<unknown> | undefined): void {
  work?.catch(passOver);
}

/** Of what nobody waits for only what can't be is told. */
export function passOver(error: unknown): void {
  if (error instanceof ApiError || error instanceof Dexie.DatabaseClosedError) return;
  console.error("chatr:", error);
}
