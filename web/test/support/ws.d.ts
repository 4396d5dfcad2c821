// The part of `ws` that is the browser's interface; Node 20 has none of its own.
declare module "ws" {
  export const WebSocket: typeof globalThis.WebSocket;
}
