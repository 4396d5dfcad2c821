import { EyeOff } from "lucide-react";
import { t } from "../../../text/media.ts";

/** Of a request that waits nothing is loaded: whoever sent it would hear of it. */
export function NotYet() {
  return (
    <span className="photo__not-yet">
      <EyeOff aria-hidden="true" />
      {t.media.notTrusted}
    </span>
  );
}
