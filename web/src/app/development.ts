import { useEffect, useState } from "react";

/** Servers in development show nothing of that to others. */
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

let asked: Promise<boolean> | undefined;

export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/** Whether the server runs for developers: only then it has people to try it as, and an outbox to look into. */
export function inDevelopment(): Promise<boolean> {
  // Once a page; where there was no answer, once more.
  asked ??= ask().catch(() => {
    asked = undefined;
    return false;
  });
  return asked;
}

export function useDevelopment(): boolean {
  const [development, setDevelopment] = useState(false);
  useEffect(() => {
    let here = true;
    void inDevelopment().then((found) => here && setDevelopment(found));
    return () => {
      here = false;
    };
  }, []);
  return development;
}

async function ask(): Promise<boolean> {
  if (!isLoopback(window.location.hostname)) return false;
  const { mode } = (await (await fetch("/api/health")).json()) as { mode?: string };
  return mode === "development";
}
