import { ExternalLink, FlaskConical } from "lucide-react";
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import type { Session } from "../../api/types.ts";
import { t } from "../../text/auth.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import { Chip } from "../../ui/Chip.tsx";
import "./demo-box.css";
import { type DemoCast, type DemoPerson, demoCast, signInAs } from "./demo.ts";
import { Refused } from "./Refused.tsx";
import { useAct } from "./useAct.ts";

/** In development: people to sign in as by one click, a bot to write to, and the way to the outbox. */
export function DemoBox({ begin }: { begin: (session: Session) => Promise<void> }) {
  const { people, bots } = useCast();
  const [, navigate] = useLocation();
  const act = useAct();
  const first = people[0];
  if (first === undefined) return null;
  const signIn = (username: string) => act.run(async () => begin(await signInAs(username)));
  /** Whoever wants to see the bot needs to be somebody. */
  const write = (bot: DemoPerson) =>
    act.run(async () => {
      const session = await signInAs(first.username);
      const id = bot.id ?? (await demoCast()).bots.find(({ username }) => username === bot.username)?.id;
      if (id !== undefined) navigate(`/u/${id}`, { replace: true });
      await begin(session);
    });
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
        {people.map((person) => (
          <Entry key={person.username} person={person} busy={act.busy} onClick={() => void signIn(person.username)} />
        ))}
        {bots.map((bot) => (
          <Entry
            bot
            key={bot.username}
            person={bot}
            label={t.auth.writeToBot(bot.displayName)}
            as={first.displayName}
            busy={act.busy}
            onClick={() => void write(bot)}
          />
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

interface EntryProps {
  person: DemoPerson;
  bot?: boolean;
  /** What it does, where that is more than signing in. */
  label?: string;
  /** As whom. */
  as?: string;
  busy: boolean;
  onClick: () => void;
}

function Entry({ person: { id, username, displayName }, bot = false, label, as, busy, onClick }: EntryProps) {
  return (
    <li>
      <button
        type="button"
        aria-disabled={busy || undefined}
        aria-label={label}
        title={label && as && t.auth.asPerson(label, as)}
        onClick={onClick}
      >
        <Avatar id={id ?? username} name={displayName} size={38} kind={bot ? "bot" : "person"} />
        <bdi className="ellipsis">{displayName}</bdi>
      </button>
    </li>
  );
}

function useCast(): DemoCast {
  const [cast, setCast] = useState<DemoCast>({ people: [], bots: [] });
  useEffect(() => {
    const end = new AbortController();
    // Without an answer there are none.
    demoCast(end.signal).then(setCast, () => {});
    return () => end.abort();
  }, []);
  return cast;
}
