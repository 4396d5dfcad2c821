import type { TestProject } from "vitest/node";
import { Chatr } from "./server.ts";

declare module "vitest" {
  export interface ProvidedContext {
    chatrUrl: string;
    chatrData: string;
  }
}

/** The server that the tests share. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const chatr = new Chatr();
  await chatr.start();
  project.provide("chatrUrl", chatr.url);
  project.provide("chatrData", chatr.dataDir);
  return () => chatr.remove();
}
