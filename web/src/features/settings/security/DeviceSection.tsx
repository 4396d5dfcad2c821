import { Monitor, Smartphone, SquareTerminal } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import type { SessionInfo, SessionList } from "../../../api/types.ts";
import { useEngine } from "../../../session/session.ts";
import { t } from "../../../text/auth.ts";
import { Button } from "../../../ui/Button.tsx";
import { Card } from "../../../ui/Card.tsx";
import { Chip } from "../../../ui/Chip.tsx";
import { confirm } from "../../../ui/confirm.tsx";
import { SettingRow } from "../../../ui/SettingRow.tsx";
import { Skeleton } from "../../../ui/Skeleton.tsx";
import { Time } from "../../../ui/Time.tsx";
import { toast } from "../../../ui/toast.tsx";
import { AuthNote } from "../../auth/AuthNote.tsx";
import { type Act, useAct } from "../../auth/useAct.ts";
import { Section } from "../../profile/Page.tsx";
import { type Device, deviceOf } from "./agent.ts";
import { IconRow } from "./IconRow.tsx";
import { otherProblem } from "./proof.ts";

const ICONS = { desktop: Monitor, phone: Smartphone, program: SquareTerminal };

/** Where the account is signed in. Asked of the server when it is looked at. */
export function DeviceSection() {
  const engine = useEngine();
  const [list, setList] = useState<SessionList>();
  const { run, ...act } = useAct();
  const load = useCallback(() => run(async () => setList(await engine.call("session.list", {}))), [engine, run]);
  useEffect(() => {
    void load();
    const look = () => document.visibilityState === "visible" && void load();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [load]);
  const more = () =>
    run(async () => {
      const page = await engine.call("session.list", { cursor: list?.nextCursor });
      setList({ items: [...(list?.items ?? []), ...page.items], nextCursor: page.nextCursor });
    });
  const revoke = (id: string) => run(async () => setList(await engine.call("session.revoke", { id })));
  return (
    <Section title={t.auth.security.devices}>
      <Card>
        {list === undefined && act.busy && <Skeleton rows={2} />}
        {list?.items.map((session) => (
          <DeviceRow key={session.id} session={session} onSignOut={() => void revoke(session.id)} />
        ))}
        {list?.nextCursor && (
          <div className="security__more">
            <Button kind="quiet" busy={act.busy} onClick={() => void more()}>
              {t.auth.security.moreDevices}
            </Button>
          </div>
        )}
        {list && list.items.length > 1 && <Others act={{ run, ...act }} onLeft={setList} />}
      </Card>
      {act.error !== undefined && <AuthNote kind="bad">{otherProblem(act.error)}</AuthNote>}
    </Section>
  );
}

function Others({ act, onLeft }: { act: Act; onLeft: (list: SessionList) => void }) {
  const engine = useEngine();
  const words = t.auth.security;
  const signOut = async () => {
    const sure = await confirm({
      title: words.othersTitle,
      text: words.othersText,
      verb: words.signOutOthers,
      danger: true,
    });
    if (!sure) return;
    if (await act.run(async () => onLeft(await engine.call("session.revoke_others", {})))) toast(words.othersDone);
  };
  return (
    <SettingRow
      title={words.notYou}
      text={words.notYouText}
      control={
        <Button kind="danger-quiet" size="sm" busy={act.busy} onClick={() => void signOut()}>
          {words.signOutOthers}
        </Button>
      }
    />
  );
}

function DeviceRow({ session, onSignOut }: { session: SessionInfo; onSignOut: () => void }) {
  const device = deviceOf(session.userAgent);
  const name = nameOf(device);
  const words = t.auth.security;
  return (
    <IconRow
      icon={ICONS[device.kind]}
      title={
        <>
          {name}
          {session.current && <Chip kind="good">{words.thisDevice}</Chip>}
        </>
      }
      text={
        <>
          <bdi dir="ltr">{session.address}</bdi> ·{" "}
          {session.current ? words.activeNow : <Time at={session.lastUsedAt} style="relative" />}
        </>
      }
      control={
        !session.current && (
          <Button size="sm" aria-label={words.signOutOf(name)} onClick={onSignOut}>
            {words.signOut}
          </Button>
        )
      }
    />
  );
}

function nameOf({ browser, system }: Device): string {
  const words = t.auth.security;
  if (browser !== undefined && system !== undefined) return words.browserOn(browser, system);
  return browser ?? system ?? words.unknownDevice;
}
