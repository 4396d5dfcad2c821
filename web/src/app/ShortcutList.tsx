import { t } from "../text/index.ts";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Keys } from "../ui/Keys.tsx";
import "./ShortcutList.css";

/** The keys, each with what it does. */
export default function ShortcutList({ onClose }: { onClose: () => void }) {
  const close = <Button onClick={onClose}>{t.common.close}</Button>;
  return (
    <Dialog open onOpenChange={(open) => open || onClose()} title={t.common.shortcuts} footer={close}>
      <dl className="shortcuts">
        {t.common.shortcutList.map(([act, ...keys]) => (
          <div key={act} className="shortcuts__row">
            <dt>{act}</dt>
            <dd>
              {keys.map((each) => (
                <Keys key={each} keys={each} spoken />
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
