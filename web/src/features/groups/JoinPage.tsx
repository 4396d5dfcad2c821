import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { ApiError } from "../../api/errors.ts";
import type { GroupLinkTarget } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/groups.ts";
import { refusal } from "../../text/refusal.ts";
import { ActButton } from "../profile/ActButton.tsx";
import { Doorstep } from "./Doorstep.tsx";

/** Where a link leads: it shows the group, and lets in. The code stands behind the #, which no server sees. */
export default function JoinPage() {
  const code = useCode();
  return <Join key={code} code={code} />;
}

function Join({ code }: { code: string }) {
  const engine = useEngine();
  const [, navigate] = useLocation();
  const [target, setTarget] = useState<GroupLinkTarget>();
  const [refused, setRefused] = useState<unknown>();
  useEffect(() => {
    const control = new AbortController();
    const found = ({ group, myStatus }: GroupLinkTarget) => {
      if (myStatus === "joined") navigate(`/c/${group.id}`, { replace: true });
      else setTarget({ group, myStatus });
    };
    const failed = (error: unknown) => control.signal.aborted || setRefused(error);
    engine.call("group.link_target", { code }, control.signal).then(found, failed);
    return () => control.abort();
  }, [engine, code, navigate]);
  const join = async () => {
    try {
      const { id } = await engine.call("group.join_by_link", { code });
      navigate(`/c/${id}`, { replace: true });
    } catch (error) {
      setRefused(error);
    }
  };
  if (refused !== undefined) return <Doorstep {...whyNot(refused)} />;
  if (target === undefined) return <Doorstep />;
  return (
    <Doorstep group={target.group} title={t.groups.joinTitle(target.group.name)} text={t.groups.joinText}>
      <ActButton kind="primary" size="lg" block act={join}>
        {t.groups.join}
      </ActButton>
    </Doorstep>
  );
}

/** Why a link does not let somebody in, and what helps. */
function whyNot(error: unknown): { title: string; text?: string } {
  if (!(error instanceof ApiError)) return { title: refusal(error) };
  switch (error.code) {
    case "gone":
    case "invalid":
      return { title: t.groups.linkGone, text: t.groups.linkGoneText };
    case "forbidden":
      return { title: t.groups.linkForbidden, text: t.groups.linkForbiddenText };
    case "conflict":
      return { title: t.groups.groupFull, text: t.groups.groupFullText };
    default:
      return { title: refusal(error) };
  }
}

/** What stands behind the # of the address, also when another link is opened here. */
function useCode(): string {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const read = () => setHash(location.hash);
    window.addEventListener("hashchange", read);
    return () => window.removeEventListener("hashchange", read);
  }, []);
  return hash.slice(1);
}
