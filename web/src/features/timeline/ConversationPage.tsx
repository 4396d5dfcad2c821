import { lazy, Suspense, useEffect, useRef } from "react";
import { useLocation } from "wouter";
import type { ConversationRow } from "../../db/schema.ts";
import type { Engine } from "../../engine/engine.ts";
import { useEngine } from "../../session/session.ts";
import { ConversationView } from "./ConversationView.tsx";
import { titleOf } from "./Header.tsx";
import { useConversation } from "./useConversation.ts";
import "./ConversationPage.css";

const Gone = lazy(() => import("./Gone.tsx"));

interface ConversationPageProps {
  conversationId?: string;
  /** Somebody with whom there is no conversation yet. */
  personId?: string;
}

/** A conversation; or the place where one begins with somebody. */
export default function ConversationPage({ conversationId, personId }: ConversationPageProps) {
  const data = useConversation(conversationId, personId);
  useFetched(conversationId, personId, data?.online === true);
  useAddress(personId, data?.conversation);
  const left = useLeftGroup(conversationId, data?.conversation);
  if (data === undefined) return <div className="conversation" />;
  if (conversationId !== undefined && data.conversation === undefined) {
    return (
      <Suspense fallback={<div className="conversation" />}>
        <Gone group={left} unsent={data.outbox} />
      </Suspense>
    );
  }
  // The first message makes a conversation of a person: who writes goes on writing.
  const key = data.conversation?.other?.id ?? personId ?? conversationId;
  return <ConversationView key={key} data={data} />;
}

/** The title of a group that was open here, and is none of the reader's any more. */
function useLeftGroup(id: string | undefined, conversation: ConversationRow | undefined): string | undefined {
  const last = useRef<{ id: string; title: string }>(undefined);
  if (conversation?.kind === "group") last.current = { id: conversation.id, title: titleOf(conversation, undefined) };
  return conversation === undefined && last.current?.id === id ? last.current?.title : undefined;
}

/** Ask for what is not here: a conversation by its address, a person, the conversation with a person. */
function useFetched(conversationId: string | undefined, personId: string | undefined, online: boolean): void {
  const engine = useEngine();
  useEffect(() => {
    // Not to be found: what is here is shown, and the page says what is not.
    if (online) void fetchMissing(engine, conversationId, personId).catch(() => undefined);
  }, [engine, conversationId, personId, online]);
}

/** The conversation with a person has an address of its own. */
function useAddress(personId: string | undefined, conversation: ConversationRow | undefined): void {
  const [, navigate] = useLocation();
  const foundId = personId === undefined ? undefined : conversation?.id;
  useEffect(() => {
    if (foundId !== undefined) navigate(`/c/${foundId}`, { replace: true });
  }, [foundId, navigate]);
}

async function fetchMissing(engine: Engine, conversationId: string | undefined, personId: string | undefined) {
  const { db } = engine;
  if (conversationId !== undefined) {
    if ((await db.conversations.get(conversationId)) === undefined) {
      await engine.call("conversation.get", { id: conversationId });
    }
  } else if (personId !== undefined) {
    if ((await db.people.get(personId)) === undefined) await engine.call("user.get", { userId: personId });
    if ((await db.conversations.where("other.id").equals(personId).count()) > 0) return;
    await engine.call("conversation.with_user", { userId: personId });
  }
}
