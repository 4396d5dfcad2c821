import { DatabaseZap } from "lucide-react";
import { t } from "../text/index.ts";
import { Button } from "../ui/Button.tsx";
import { Empty } from "../ui/Empty.tsx";
import "./NoStorage.css";

/** What there is instead of a start that can't be: why, and what helps. */
export function NoStorage({ reason }: { reason: string }) {
  const text = (
    <>
      {t.common.noStorageText}
      {reason && (
        <code className="no-storage__reason" dir="auto">
          {reason}
        </code>
      )}
    </>
  );
  const reload = <Button onClick={() => window.location.reload()}>{t.common.reload}</Button>;
  return (
    <main className="no-storage">
      <h1 className="visually-hidden">Chatr</h1>
      <div role="alert">
        <Empty icon={DatabaseZap} title={t.common.noStorage} text={text} action={reload} />
      </div>
    </main>
  );
}
