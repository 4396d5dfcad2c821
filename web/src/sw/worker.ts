/**
 * Keeps the shell of the client, so that it starts without a network. The build puts the names of its files and the
 * version in. What it has no file for is the server's: the API, the socket, what developers look into.
 */
import { isRoute, type WorkerScope } from "./scope.ts";

declare const SHELL: readonly string[];
declare const VERSION: string;

const scope = globalThis as unknown as WorkerScope;
const NAME = `chatr-shell-${VERSION}`;

scope.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(SHELL)));
});

scope.addEventListener("activate", (event) => {
  const drop = async () => {
    const names = await caches.keys();
    await Promise.all(
      names.filter((name) => name.startsWith("chatr-shell-") && name !== NAME).map((name) => caches.delete(name)),
    );
    await scope.clients.claim();
  };
  event.waitUntil(drop());
});

scope.addEventListener("message", ({ data }) => {
  if (data === "take over") void scope.skipWaiting();
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== scope.location.origin) return;
  if (request.mode === "navigate" && isRoute(url.pathname)) event.respondWith(kept("/"));
  else if (url.pathname.startsWith("/assets/") || SHELL.includes(url.pathname)) event.respondWith(kept(url.pathname));
});

/** From the cache; else from the server, and kept. */
async function kept(path: string): Promise<Response> {
  const cache = await caches.open(NAME);
  const here = await cache.match(path);
  if (here) return here;
  const response = await fetch(path);
  if (response.ok) await cache.put(path, response.clone());
  return response;
}

scope.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(`/c/${encodeURIComponent(String(event.notification.data?.conversationId))}`));
});

async function open(path: string): Promise<void> {
  const [tab] = await scope.clients.matchAll({ type: "window" });
  if (!tab) return void (await scope.clients.openWindow(path));
  await tab.focus();
  tab.postMessage({ open: path });
}
