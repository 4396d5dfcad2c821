import type { LucideIcon } from "lucide-react";
import { type FocusEvent, useEffect, useState } from "react";
import { create } from "zustand";
import "./toast.css";

export interface ToastOptions {
  action?: { label: string; onClick: () => void };
  icon?: LucideIcon;
}

interface Shown extends ToastOptions {
  id: number;
  text: string;
}

const useShown = create<{ shown: Shown | null }>(() => ({ shown: null }));

const SHORT_MS = 4000;
const WITH_ACTION_MS = 8000;

let count = 0;

/** Say something that has no place of its own. One at a time; the next one takes its place. */
export function toast(text: string, options: ToastOptions = {}): void {
  count += 1;
  useShown.setState({ shown: { ...options, id: count, text } });
}

function dismiss(): void {
  useShown.setState({ shown: null });
}

/** Where toasts appear. Once in the application; always there, so that screen readers hear what comes. */
export function Toaster() {
  const { shown } = useShown();
  return (
    <div className="toaster" role="status">
      {shown && <Toast key={shown.id} {...shown} />}
    </div>
  );
}

/** Stays while the pointer or the focus is on it. */
function Toast({ text, action, icon: Icon }: Shown) {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return undefined;
    const timer = setTimeout(dismiss, action ? WITH_ACTION_MS : SHORT_MS);
    return () => clearTimeout(timer);
  }, [held, action]);
  const act = () => {
    dismiss();
    action?.onClick();
  };
  const blur = (event: FocusEvent) => setHeld(event.currentTarget.contains(event.relatedTarget));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only waits while somebody reads it.
    <div
      className="toast"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={blur}
    >
      {Icon && <Icon />}
      <span dir="auto">{text}</span>
      {action && (
        <button type="button" className="toast__action" onClick={act}>
          {action.label}
        </button>
      )}
    </div>
  );
}
