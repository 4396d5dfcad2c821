import type { LucideIcon } from "lucide-react";
import { SettingRow, type SettingRowProps } from "../../../ui/SettingRow.tsx";

/** A row with an icon before it. */
export function IconRow({ icon: Icon, ...row }: SettingRowProps & { icon: LucideIcon }) {
  return (
    <div className="security__row">
      <Icon />
      <SettingRow {...row} />
    </div>
  );
}
