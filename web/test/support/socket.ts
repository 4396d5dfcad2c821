import { WebSocket as Socket } from "ws";

/** As a browser has them: what a message has begun goes on before the next one comes. */
class BrowserSocket extends Socket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols, { allowSynchronousEvents: false });
  }
}

export const WebSocket = BrowserSocket as unknown as typeof globalThis.WebSocket;
