import { useCallback, useEffect, useState } from "react";
import { allow } from "../../app/notify.ts";
import { playTone } from "../../app/sound.ts";
import { t } from "../../text/settings.ts";
import { setAppearance, useAppearance } from "../../theme/appearance.ts";
import { Card } from "../../ui/Card.tsx";
import { Switch } from "../../ui/Switch.tsx";
import { notifying, type Permission } from "./notifying.ts";

/** What this browser tells of new messages. */
export function NotificationSettings() {
  const { notify, sound, preview } = useAppearance();
  const [permission, look] = usePermission();
  const { on, fixed, why } = notifying(permission, notify);
  const turn = async (wanted: boolean) => {
    if (permission === "default") {
      await allow();
      look();
    } else {
      setAppearance({ notify: wanted ? "on" : "off" });
    }
  };
  const turnSound = (wanted: boolean) => {
    setAppearance({ sound: wanted });
    if (wanted) playTone();
  };
  return (
    <Card>
      <Switch
        label={t.settings.onThisDevice}
        description={t.settings[why]}
        checked={on}
        disabled={fixed}
        onChange={(wanted) => void turn(wanted)}
      />
      <Switch label={t.settings.sound} description={t.settings.soundText} checked={sound} onChange={turnSound} />
      <Switch
        label={t.settings.showText}
        description={t.settings.showTextOff}
        checked={preview}
        onChange={(wanted) => setAppearance({ preview: wanted })}
      />
    </Card>
  );
}

/** What the browser allows; looked at again when one comes back from its settings. */
function usePermission(): [Permission, () => void] {
  const [permission, setPermission] = useState(permissionNow);
  const look = useCallback(() => setPermission(permissionNow()), []);
  useEffect(() => {
    window.addEventListener("focus", look);
    return () => window.removeEventListener("focus", look);
  }, [look]);
  return [permission, look];
}

function permissionNow(): Permission {
  return "Notification" in window ? Notification.permission : "none";
}
