import type { LucideIcon } from "lucide-react";
import { Bell, Check, Download, RefreshCw, WifiOff } from "lucide-react";
import type { ReactNode } from "react";
import { useEngine } from "../session/session.ts";
import { t } from "../text/index.ts";
import { cx } from "../ui/cx.ts";
import "./Banners.css";
import { useNotifyQuestion } from "./notify.ts";
import { useUpdate } from "./update.ts";
import { useBanner } from "./useConnection.ts";

/** Under the header of a conversation, and of the list where there is room for one pane: one line of what matters. */
export function Banners() {
  const { db } = useEngine();
  const connection = useBanner(db);
  if (connection === null) return <QuietBanners />;
  switch (connection.kind) {
    case "waiting":
      return <Waiting seconds={connection.seconds} />;
    case "connecting":
      return <Line icon={RefreshCw}>{t.common.connecting}</Line>;
    case "back":
      return (
        <Line icon={Check} kind="good">
          {t.common.backOnline}
        </Line>
      );
  }
}

function Waiting({ seconds }: { seconds: number }) {
  const engine = useEngine();
  return (
    <Line icon={WifiOff} action={<Act label={t.common.retryNow} onClick={() => engine.retryConnection()} />}>
      {t.common.noConnection}{" "}
      <span className="banner__countdown" aria-hidden="true">
        {t.common.tryingAgain(seconds)}
      </span>
    </Line>
  );
}

/** What can wait: a new version, and the question about notifications. */
function QuietBanners() {
  const update = useUpdate();
  const question = useNotifyQuestion();
  if (update.ready) {
    return (
      <Line icon={Download} kind="neutral" action={<Act label={t.common.reload} onClick={update.reload} />}>
        {t.common.newVersion}
      </Line>
    );
  }
  if (!question.open) return null;
  const answers = (
    <>
      <Act label={t.common.allow} onClick={question.allow} />
      <Act label={t.common.notNow} onClick={question.refuse} />
    </>
  );
  return (
    <Line icon={Bell} kind="neutral" action={answers}>
      {t.common.notifyQuestion}
    </Line>
  );
}

interface LineProps {
  icon: LucideIcon;
  kind?: "spark" | "good" | "neutral";
  action?: ReactNode;
  children: ReactNode;
}

function Line({ icon: Icon, kind = "spark", action, children }: LineProps) {
  return (
    <div className={cx("banner", `banner--${kind}`)}>
      <Icon />
      <span role="status" className="banner__text">
        {children}
      </span>
      {action}
    </div>
  );
}

function Act({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <button type="button" className="banner__act" onClick={onClick}>
      {label}
    </button>
  );
}
