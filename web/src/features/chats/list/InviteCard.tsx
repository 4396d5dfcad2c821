import { useState } from "react";
import { Link, useLocation } from "wouter";
import { ApiError } from "../../../api/errors.ts";
import type { InviteRow } from "../../../db/schema.ts";
import { useEngine } from "../../../session/session.ts";
import { t } from "../../../text/index.ts";
import { refusal } from "../../../text/refusal.ts";
import { Avatar } from "../../../ui/Avatar.tsx";
import { Button } from "../../../ui/Button.tsx";
import { toast } from "../../../ui/toast.tsx";
import { pathOfTab } from "../place.ts";
import "./InviteCard.css";
import { numberText } from "../../../ui/number.ts";

/** A group that one is invited to: which, by whom, and the answer. */
export function InviteCard({ invite }: { invite: InviteRow }) {
  const { id, group, invitedBy, memberCount } = invite;
  const { busy, refused, join, decline } = useAnswer(id);
  const members = t.conversation.members(numberText(memberCount));
  return (
    <section className="invite-card" aria-label={t.chats.inviteTo(group.title)}>
      <Avatar id={id} name={group.title} src={group.profileImage} size={40} kind="group" />
      <div className="invite-card__words">
        <bdi className="invite-card__name ellipsis">{group.title}</bdi>
        <p className="invite-card__facts ellipsis" dir="auto">
          {invitedBy ? t.chats.invitedBy(invitedBy.displayName, members) : members}
        </p>
      </div>
      {refused !== undefined && (
        <p className="invite-card__refused" role="alert">
          {refused}
        </p>
      )}
      <div className="invite-card__acts">
        <Button kind="primary" size="sm" busy={busy === "join"} onClick={join}>
          {t.chats.join}
        </Button>
        <Button size="sm" busy={busy === "decline"} onClick={decline}>
          {t.chats.decline}
        </Button>
      </div>
    </section>
  );
}

/** Where the other invites stand. */
export function MoreInvites({ count }: { count: number }) {
  return (
    <Link href={pathOfTab("requests")} className="invite-card__more">
      {t.chats.moreInvites(count)}
    </Link>
  );
}

function useAnswer(id: string) {
  const engine = useEngine();
  const [, navigate] = useLocation();
  const [busy, setBusy] = useState<"join" | "decline">();
  const [refused, setRefused] = useState<string>();
  const answer = async (verb: "join" | "decline") => {
    if (busy !== undefined) return;
    setBusy(verb);
    setRefused(undefined);
    try {
      await engine.call(verb === "join" ? "group.accept" : "group.decline", { id });
      if (verb === "join") navigate(`/c/${id}`);
    } catch (error) {
      if (!isGone(error)) return setRefused(reasonOf(error));
      // What is no more is not offered again: the card goes, and can't say why.
      toast(t.chats.inviteGone);
      await engine.call("group.invites", { limit: 100 }).catch(() => undefined);
    } finally {
      setBusy(undefined);
    }
  };
  return { busy, refused, join: () => void answer("join"), decline: () => void answer("decline") };
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.code === "not_found";
}

function reasonOf(error: unknown): string {
  // Who is in it already has no card.
  return error instanceof ApiError && error.code === "conflict" ? t.chats.groupFull : refusal(error);
}
