import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { SettingRow, type SettingRowProps } from "../../../ui/SettingRow.tsx";

export interface SectionProps {
  title: string;
  text?: string;
  children: ReactNode;
}

export function Section({ title, text, children }: SectionProps) {
  return (
    <section className="security__section">
      <h2 className="security__title">{title}</h2>
      {text && <p className="security__text">{text}</p>}
      {children}
    </section>
  );
}

/** A row with an icon before it. */
export function IconRow({ icon: Icon, ...row }: SettingRowProps & { icon: LucideIcon }) {
  return (
    <div className="security__row">
      <Icon />
      <SettingRow {...row} />
    </div>
  );
}
