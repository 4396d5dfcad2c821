declare module "virtual:chatr-routes" {
  /** The verb and path (below /api, with `{variables}`) of each operation by its name. */
  export const routes: Record<string, [verb: string, path: string]>;
  /** Of chatr: this client is built of the same sources as its server. */
  export const version: string;
}
