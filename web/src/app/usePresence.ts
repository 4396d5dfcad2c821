import { useEffect } from "react";
import { useEngine } from "../session/session.ts";

const IDLE_MS = 5 * 60_000;
const SIGNS = ["pointermove", "pointerdown", "keydown", "wheel", "touchstart"] as const;

/** Tells whether somebody looks at this tab: it is away while hidden, and after five minutes without a hand on it. */
export function usePresence(): void {
  const engine = useEngine();
  useEffect(() => {
    let idle: number | undefined;
    let said: "online" | "away" | undefined;
    const say = (status: "online" | "away") => {
      if (said === status) return;
      said = status;
      engine.setPresence(status);
    };
    const sign = () => {
      window.clearTimeout(idle);
      if (document.visibilityState !== "visible") return say("away");
      idle = window.setTimeout(() => say("away"), IDLE_MS);
      say("online");
    };
    sign();
    for (const each of SIGNS) window.addEventListener(each, sign, { passive: true });
    document.addEventListener("visibilitychange", sign);
    return () => {
      window.clearTimeout(idle);
      for (const each of SIGNS) window.removeEventListener(each, sign);
      document.removeEventListener("visibilitychange", sign);
    };
  }, [engine]);
}
