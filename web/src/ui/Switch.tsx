import { Switch as Radix } from "radix-ui";
import { use, useId } from "react";
import { InRow } from "./SettingRow.tsx";
import "./Switch.css";

export interface SwitchProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: string;
  description?: string;
  disabled?: boolean;
}

/** A row of a card: words and a switch at the end, pressed anywhere. At the end of a SettingRow the switch alone. */
export function Switch({ checked, onChange, label, description, disabled }: SwitchProps) {
  const id = useId();
  const inRow = use(InRow);
  const control = (
    <Radix.Root
      id={id}
      className="switch"
      checked={checked}
      onCheckedChange={onChange}
      disabled={disabled}
      aria-label={label}
      aria-describedby={description && !inRow ? `${id}-text` : undefined}
    >
      <Radix.Thumb className="switch__thumb" />
    </Radix.Root>
  );
  if (inRow) return control;
  return (
    <label className="setting-row switch-row" htmlFor={id}>
      <span className="setting-row__words">
        <span className="setting-row__title">{label}</span>
        {description && (
          <span className="setting-row__text" id={`${id}-text`}>
            {description}
          </span>
        )}
      </span>
      {control}
    </label>
  );
}
