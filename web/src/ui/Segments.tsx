import { RadioGroup } from "radix-ui";
import { Count } from "./Count.tsx";
import "./Segments.css";

export interface Option<V extends string> {
  value: V;
  label: string;
  count?: number;
}

export interface ChoiceProps<V extends string> {
  value: V;
  onChange: (value: V) => void;
  options: readonly Option<V>[];
  /** What is chosen here. */
  label: string;
}

/** One of a few, side by side. */
export function Segments<V extends string>({ value, onChange, options, label }: ChoiceProps<V>) {
  const choose = (chosen: string) => {
    const option = options.find((each) => each.value === chosen);
    if (option) onChange(option.value);
  };
  return (
    <RadioGroup.Root
      className="segments"
      value={value}
      onValueChange={choose}
      aria-label={label}
      orientation="horizontal"
    >
      {options.map((option) => (
        <RadioGroup.Item key={option.value} value={option.value} className="segments__item">
          <span>{option.label}</span>
          {option.count !== undefined && <Count value={option.count} />}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
