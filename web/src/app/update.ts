import { create } from "zustand";

interface Update {
  /** A new version is here and waits. */
  ready: boolean;
  reload: () => void;
}

export const useUpdate = create<Update>(() => ({ ready: false, reload: () => window.location.reload() }));

const WORKER = "/sw.js";
const HOUR_MS = 3_600_000;

/** The service worker of this page, where there is one. */
export let worker: ServiceWorkerRegistration | undefined;

/** Keeps the shell for the next start, and says when there is a newer one. Not while developing. */
export async function startUpdates(): Promise<void> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.register(trustedUrl(), { updateViaCache: "none" });
  worker = registration;
  const look = () => registration.waiting && navigator.serviceWorker.controller && announce(registration.waiting);
  look();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
  setInterval(() => void registration.update().catch(() => undefined), HOUR_MS);
}

/** Only when somebody asks for it, the new version takes over; the page begins anew with it. */
function announce(waiting: ServiceWorker): void {
  const reload = () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => window.location.reload(), { once: true });
    waiting.postMessage("take over");
  };
  useUpdate.setState({ ready: true, reload });
}

interface Factory {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): unknown };
}

/** The address as browsers with Trusted Types take it: the policy `chatr` of the Content-Security-Policy, for one file. */
function trustedUrl(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: Factory };
  const policy = trustedTypes?.createPolicy("chatr", { createScriptURL: () => WORKER });
  return (policy?.createScriptURL(WORKER) ?? WORKER) as string;
}
