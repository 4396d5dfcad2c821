import { useSyncExternalStore } from "react";

/** Whether somebody looks: the tab is visible and has the focus. */
export function useAttention(): boolean {
  return useSyncExternalStore(subscribe, isLooking);
}

export function isLooking(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

function subscribe(listener: () => void): () => void {
  document.addEventListener("visibilitychange", listener);
  window.addEventListener("focus", listener);
  window.addEventListener("blur", listener);
  return () => {
    document.removeEventListener("visibilitychange", listener);
    window.removeEventListener("focus", listener);
    window.removeEventListener("blur", listener);
  };
}
