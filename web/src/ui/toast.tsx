import type { LucideIcon } from "lucide-react";
import { Toaster as Sonner, toast as show } from "sonner";
import "./toast.css";

export interface ToastOptions {
  action?: { label: string; onClick: () => void };
  icon?: LucideIcon;
}

/** Say something that has no place of its own. One at a time; the next one takes its place. */
export function toast(text: string, { action, icon: Icon }: ToastOptions = {}): void {
  show.custom(
    (id) => (
      <div className="toast">
        {Icon && <Icon />}
        <span className="toast__text" dir="auto">
          {text}
        </span>
        {action && (
          <button
            type="button"
            className="toast__action"
            onClick={() => {
              show.dismiss(id);
              action.onClick();
            }}
          >
            {action.label}
          </button>
        )}
      </div>
    ),
    { id: "toast", duration: action ? 8000 : 4000 },
  );
}

/** Where toasts appear. Once in the application. */
export function Toaster() {
  return (
    <Sonner
      position="bottom-center"
      visibleToasts={1}
      className="toaster"
      offset={{ bottom: 88 }}
      mobileOffset={{ bottom: 88, left: 12, right: 12 }}
    />
  );
}
