import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import "./Empty.css";

export interface EmptyProps {
  icon: LucideIcon;
  title: string;
  text?: ReactNode;
  /** The next step. */
  action?: ReactNode;
}

export function Empty({ icon: Icon, title, text, action }: EmptyProps) {
  return (
    <div className="empty">
      <span className="empty__icon">
        <Icon />
      </span>
      <h2 className="empty__title" dir="auto">
        {title}
      </h2>
      {text && <p className="empty__text">{text}</p>}
      {action && <div className="empty__action">{action}</div>}
    </div>
  );
}
