import { keyCaps } from "./hotkeys.ts";
import "./Keys.css";

/** The keys of an act, as they stand on a keyboard. Screen readers hear them from the control itself. */
export function Keys({ keys }: { keys: string }) {
  return (
    <span className="keys" aria-hidden="true" dir="ltr">
      {keyCaps(keys).map((cap) => (
        <kbd key={cap}>{cap}</kbd>
      ))}
    </span>
  );
}
