import { useEffect, useState } from "react";
import type { FileUsage } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/media.ts";
import { refusal } from "../../text/refusal.ts";
import { Card } from "../../ui/Card.tsx";
import { fileSize } from "../../ui/size.ts";
import { Section } from "../profile/Page.tsx";
import "./StorageSettings.css";

type Kind = FileUsage["items"][number]["kind"];

/** Each kind has a colour of its own, that its words have too. */
const TONES: Record<Kind, string> = { image: "tone-5", audio: "tone-6", video: "tone-3", file: "tone-7" };

/** How much room the person's files take at the server, of what, and how much there is. */
export function ServerUse() {
  const engine = useEngine();
  const [usage, setUsage] = useState<FileUsage>();
  const [refused, setRefused] = useState<unknown>();
  useEffect(() => {
    const control = new AbortController();
    engine.call("file.usage", {}, control.signal).then(setUsage, (error: unknown) => {
      if (!control.signal.aborted) setRefused(error);
    });
    return () => control.abort();
  }, [engine]);
  return (
    <Section title={t.media.usageTitle} text={t.media.usageText}>
      <Card pad className="storage">
        {usage !== undefined && <Use usage={usage} />}
        {refused !== undefined && <p role="alert">{refusal(refused)}</p>}
      </Card>
    </Section>
  );
}

function Use({ usage: { usedBytes, quotaBytes, items } }: { usage: FileUsage }) {
  const held = items.filter(({ count }) => count > 0);
  const whole = quotaBytes || usedBytes;
  return (
    <>
      <div className="storage__head">
        <bdi className="storage__size" dir="ltr">
          {fileSize(usedBytes)}
        </bdi>
        <span className="storage__of">
          {quotaBytes ? t.media.usedOfQuota(fileSize(quotaBytes)) : t.media.usedNoQuota}
        </span>
      </div>
      <div className="storage__parts" aria-hidden="true">
        {whole > 0 &&
          held.map(({ kind, bytes }) => (
            <span key={kind} className={TONES[kind]} style={{ "--part": Math.min(1, bytes / whole) }} />
          ))}
      </div>
      {held.length === 0 ? (
        <p className="storage__counts">{t.media.usageNothing}</p>
      ) : (
        <ul className="storage__legend">
          {held.map(({ kind, bytes, count }) => (
            <li key={kind} className={TONES[kind]}>
              {t.media.usageLine(t.media.usageKinds[kind], fileSize(bytes))}
              <span className="storage__of">{t.media.usageCount(count)}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
