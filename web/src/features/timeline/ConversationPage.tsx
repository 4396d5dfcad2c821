import { useLiveQuery } from "dexie-react-hooks";
import { MessageCircleOff } from "lucide-react";
import { useEffect } from "react";
import { useLocation } from "wouter";
import type { Engine } from "../../engine/engine.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/index.ts";
import { Empty } from "../../ui/Empty.tsx";
import { ConversationView } from "./ConversationView.tsx";
import { targetOf, useConversation } from "./useConversation.ts";
import "./ConversationPage.css";

interface ConversationPageProps {
  conversationId?: string;
  /** Somebody with whom there is no conversation yet. */
  personId?: string;
}

/** A conversation; or the place where one begins with somebody. */
export default function ConversationPage({ conversationId, personId }: ConversationPageProps) {
  const data = useConversation(conversationId, personId);
  useFetched(conversationId, personId, data?.online === true);
  if (data === undefined) return <div className="conversation" />;
  if (conversationId !== undefined && data.conversation === undefined) {
    return (
      <div className="conversation conversation--gone">
        <Empty icon={MessageCircleOff} title={t.errors.not_found} />
      </div>
    );
  }
  return <ConversationView key={conversationId ?? personId} target={targetOf(conversationId, personId)} data={data} />;
}

/** Ask for what is not here: a conversation by its address, a person, the conversation with a person. */
function useFetched(conversationId: string | undefined, personId: string | undefined, online: boolean): void {
  const engine = useEngine();
  const [, navigate] = useLocation();
  useEffect(() => {
    // Not to be found: what is here is shown, and the page says what is not.
    if (online) void fetchMissing(engine, conversationId, personId).catch(() => undefined);
  }, [engine, conversationId, personId, online]);
  const found = useLiveQuery(
    async () =>
      personId === undefined ? undefined : await engine.db.conversations.where("other.id").equals(personId).first(),
    [engine, personId],
  );
  const foundId = found?.kind === "direct" ? found.id : undefined;
  useEffect(() => {
    if (personId === undefined || foundId === undefined) return;
    void moveDraft(engine.db, targetOf(undefined, personId), targetOf(foundId, undefined)).then(() =>
      navigate(`/c/${foundId}`, { replace: true }),
    );
  }, [engine, personId, foundId, navigate]);
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

async function moveDraft(db: Engine["db"], from: string, to: string): Promise<void> {
  await db.transaction("rw", db.drafts, async () => {
    const draft = await db.drafts.get(from);
    if (draft === undefined) return;
    await db.drafts.delete(from);
    if ((await db.drafts.get(to)) === undefined) await db.drafts.put({ ...draft, target: to });
  });
}
