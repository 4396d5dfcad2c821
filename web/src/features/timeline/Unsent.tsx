import type { OutboxRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/index.ts";
import { refusal } from "../../text/refusal.ts";
import { Button } from "../../ui/Button.tsx";
import { copyText } from "../../ui/copy.ts";
import { toast } from "../../ui/toast.tsx";
import "./Unsent.css";

/** What was on its way to where one can't write any more: it is not lost without a word. */
export function Unsent({ entries }: { entries: readonly OutboxRow[] }) {
  const engine = useEngine();
  const told = (work: Promise<unknown>) => void work.catch((error: unknown) => toast(refusal(error)));
  return (
    <ul className="unsent" aria-label={t.conversation.notSent}>
      {entries.map(({ clientId, content, file }) => (
        <li key={clientId} className="unsent__entry">
          <p className="unsent__state">{t.conversation.notSent}</p>
          <p className="unsent__text" dir="auto">
            {content || file?.name}
          </p>
          <div className="unsent__acts">
            {content !== "" && (
              <Button size="sm" onClick={() => told(copyText(content))}>
                {t.conversation.copyText}
              </Button>
            )}
            <Button size="sm" onClick={() => told(engine.discard(clientId))}>
              {t.common.delete}
            </Button>
          </div>
        </li>
      ))}
    </ul>
  );
}
