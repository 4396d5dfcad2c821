/** What the worker uses of its global scope: the types of the DOM do not have it. */
export interface WorkerScope {
  readonly location: Location;
  readonly clients: {
    claim(): Promise<void>;
    matchAll(options: { type: "window" }): Promise<readonly Tab[]>;
    openWindow(path: string): Promise<unknown>;
  };
  skipWaiting(): Promise<void>;
  addEventListener<K extends keyof Events>(type: K, listener: (event: Events[K]) => void): void;
}

interface Tab {
  focus(): Promise<unknown>;
  postMessage(data: unknown): void;
}

interface Waits {
  waitUntil(work: Promise<unknown>): void;
}

interface Events {
  install: Waits;
  activate: Waits;
  message: { data: unknown };
  fetch: { request: Request; respondWith(response: Promise<Response>): void };
  notificationclick: Waits & { notification: Notification };
}

const ROUTE = /^\/($|(c|g|u|friends|settings|docs)(\/|$)|(requests|archived|join|profile|lab|signup|reset|oidc|undo)$)/;

/** Whether a path is a page of the client, and not one of the server's own. */
export function isRoute(path: string): boolean {
  return ROUTE.test(path);
}
