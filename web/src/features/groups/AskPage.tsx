import { useLiveQuery } from "dexie-react-hooks";
import { useCallback, useEffect, useState } from "react";
import { useLocation } from "wouter";
import { ApiError } from "../../api/errors.ts";
import type { GroupDetails } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/groups.ts";
import { refusal } from "../../text/refusal.ts";
import { ActButton } from "../profile/ActButton.tsx";
import { Doorstep } from "./Doorstep.tsx";
import { told } from "./groupActs.ts";

/** The address of a group, for whoever is not in it: they ask to be let in, where they may. */
export default function AskPage({ groupId }: { groupId: string }) {
  const engine = useEngine();
  const [, navigate] = useLocation();
  const { details, refused, look } = useOutside(groupId);
  // Also when somebody lets one in while the page is open.
  const inside = useLiveQuery(
    async () => (await engine.db.conversations.get(groupId)) !== undefined,
    [engine, groupId],
  );
  useEffect(() => {
    if (inside || details?.myStatus === "joined") navigate(`/c/${groupId}`, { replace: true });
  }, [inside, details, groupId, navigate]);
  if (refused !== undefined) return <Doorstep {...whyNot(refused)} />;
  if (details === undefined || details.myStatus === "joined") return <Doorstep />;
  const act = (name: "group.accept" | "group.decline" | "group.request_to_join") => async () => {
    await told(engine.call(name, { id: groupId }), name === "group.accept" ? t.groups.full : undefined);
    await look();
  };
  return <Waiting details={details} act={act} />;
}

interface WaitingProps {
  details: GroupDetails;
  act: (name: "group.accept" | "group.decline" | "group.request_to_join") => () => Promise<void>;
}

function Waiting({ details: { group, myStatus }, act }: WaitingProps) {
  switch (myStatus) {
    case "invited":
      return (
        <Doorstep group={group} title={t.groups.invitedTitle(group.name)}>
          <ActButton kind="primary" size="lg" block act={act("group.accept")}>
            {t.groups.join}
          </ActButton>
          <ActButton size="lg" block act={act("group.decline")}>
            {t.groups.decline}
          </ActButton>
        </Doorstep>
      );
    case "requested":
      return (
        <Doorstep group={group} title={t.groups.askedTitle(group.name)} text={t.groups.askedText}>
          <ActButton size="lg" block act={act("group.decline")}>
            {t.groups.withdraw}
          </ActButton>
        </Doorstep>
      );
    default:
      return (
        <Doorstep group={group} title={t.groups.askTitle(group.name)} text={t.groups.askText}>
          <ActButton kind="primary" size="lg" block act={act("group.request_to_join")}>
            {t.groups.ask}
          </ActButton>
        </Doorstep>
      );
  }
}

/** What whoever is outside sees of a group, and how they stand to it; or why they see nothing. */
function useOutside(groupId: string) {
  const engine = useEngine();
  const [state, setState] = useState<{ of: string; details?: GroupDetails; refused?: unknown }>({ of: groupId });
  const look = useCallback(async () => {
    try {
      setState({ of: groupId, details: await engine.call("group.get", { id: groupId, limit: 1 }) });
    } catch (error) {
      setState({ of: groupId, refused: error });
    }
  }, [engine, groupId]);
  useEffect(() => {
    void look();
    const end = engine.onGroup(groupId, ({ event }) => {
      // Whoever asked was not let in, or may be by now.
      if (event === "group.invite_revoked" || event === "sync.changes") void look();
    });
    return end;
  }, [engine, groupId, look]);
  const { details, refused } = state.of === groupId ? state : {};
  return { details, refused, look };
}

function whyNot(error: unknown): { title: string; text?: string } {
  const hidden = error instanceof ApiError && (error.code === "not_found" || error.code === "invalid");
  return hidden ? { title: t.groups.askGone, text: t.groups.askGoneText } : { title: refusal(error) };
}
