// The part of `ws` that is the browser's interface; Node 20 has none of its own.
declare module "ws" {
  export const WebSocket: new (
    url: string | URL,
    protocols?: string | string[],
    options?: { allowSynchronousEvents?: boolean },
  ) => globalThis.WebSocket;
}
