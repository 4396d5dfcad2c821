import { Check, CircleAlert, Copy } from "lucide-react";
import { t } from "../../text/developer.ts";
import { copyText } from "../../ui/copy.ts";
import { cx } from "../../ui/cx.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { Code } from "../docs/CodePanel.tsx";
import { problemOf } from "./connection.ts";
import type { Outcome } from "./state.ts";
import "./ResultView.css";

/** The answer of the server. */
export function ResultView({ outcome }: { outcome: Outcome | undefined }) {
  if (outcome?.answer === undefined) return <p className="lab-result__none">{t.developer.noResult}</p>;
  const { name, status, answer, series } = outcome;
  const good = answer.kind === "good";
  const code = JSON.stringify(good ? answer.result : problemOf(answer.error), null, 2);
  const Icon = good ? Check : CircleAlert;
  return (
    <section className="lab-result" aria-label={t.developer.result}>
      <header className="lab-result__head">
        <h3>{name}</h3>
        <p className={cx("lab-result__note", good ? "lab-result__note--good" : "lab-result__note--bad")} role="status">
          <Icon />
          <span>
            {good ? status : answer.error.code} · {t.developer.latency(answer.ms)}
          </span>
        </p>
        <IconButton size="sm" icon={Copy} label={t.developer.copyResult} onClick={() => void copyText(code)} />
      </header>
      {series && (
        <p className="lab-result__series">
          {t.developer.series(series.good, series.count, series.median, series.slowest)}
        </p>
      )}
      <Code code={code} />
    </section>
  );
}
