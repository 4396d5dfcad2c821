import { keyCaps } from "./hotkeys.ts";
import "./Keys.css";

export interface KeysProps {
  keys: string;
  /** Where no control says them to screen readers. */
  spoken?: boolean;
}

/** The keys of an act, as they stand on a keyboard. Screen readers hear them from the control itself. */
export function Keys({ keys, spoken = false }: KeysProps) {
  return (
    <span className="keys" aria-hidden={spoken ? undefined : true} dir="ltr">
      {keyCaps(keys).map((cap) => (
        <kbd key={cap}>{cap}</kbd>
      ))}
    </span>
  );
}
