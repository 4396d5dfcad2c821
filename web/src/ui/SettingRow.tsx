import { createContext, type ReactNode } from "react";
import "./SettingRow.css";

/** Set in a row that has a title already: what stands at its end does not repeat its own. */
export const InRow = createContext(false);

export interface SettingRowProps {
  title: ReactNode;
  text?: ReactNode;
  control?: ReactNode;
}

export function SettingRow({ title, text, control }: SettingRowProps) {
  return (
    <div className="setting-row">
      <div className="setting-row__words">
        <div className="setting-row__title">{title}</div>
        {text && <div className="setting-row__text">{text}</div>}
      </div>
      <InRow value={true}>{control}</InRow>
    </div>
  );
}
