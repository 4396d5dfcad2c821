import { ExternalLink, FlaskConical } from "lucide-react";
import { useEffect, useState } from "react";
import type { Session } from "../../api/types.ts";
import { t } from "../../text/auth.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import { Chip } from "../../ui/Chip.tsx";
import "./demo-box.css";
import { type DemoPerson, demoPeople, signInAs } from "./demo.ts";
import { Refused } from "./Refused.tsx";
import { useAct } from "./useAct.ts";

/** In development: people to sign in as by one click, and the way to the outbox. */
export function DemoBox({ begin }: { begin: (session: Session) => Promise<void> }) {
  const [people, setPeople] = useState<DemoPerson[]>([]);
  const act = useAct();
  useEffect(() => {
    const end = new AbortController();
    // Without an answer there are none.
    demoPeople(end.signal).then(setPeople, () => {});
    return () => end.abort();
  }, []);
  if (people.length === 0) return null;
  return (
    <section className="demo-box" aria-label={t.auth.development}>
      <div className="demo-box__head">
        <Chip kind="spark" icon={FlaskConical}>
          {t.auth.development}
        </Chip>
        <a href="/dev/mail" target="_blank" rel="noopener">
          {t.auth.codesAndMail}
          <ExternalLink />
        </a>
      </div>
      <ul className="demo-box__people" aria-label={t.auth.signInAs}>
        {people.map(({ username, displayName }) => (
          <li key={username}>
            <button
              type="button"
              aria-disabled={act.busy || undefined}
              onClick={() => void act.run(async () => begin(await signInAs(username)))}
            >
              <Avatar id={username} name={displayName} size={38} kind={isBot(username) ? "bot" : "person"} />
              <bdi className="ellipsis">{displayName}</bdi>
            </button>
          </li>
        ))}
      </ul>
      {act.busy && (
        <p className="demo-box__busy" role="status">
          {t.auth.signingIn}
        </p>
      )}
      {act.error !== undefined && <Refused error={act.error} />}
    </section>
  );
}

function isBot(username: string): boolean {
  return username.toLowerCase().includes("bot");
}
