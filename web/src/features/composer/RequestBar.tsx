import { Ban } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import type { User } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { locale, t } from "../../text/index.ts";
import { refusal } from "../../text/refusal.ts";
import { Button } from "../../ui/Button.tsx";
import { toast } from "../../ui/toast.tsx";
import { askToBlock } from "./askToBlock.ts";
import "./RequestBar.css";

const month = new Intl.DateTimeFormat(locale, { month: "long", year: "numeric" });

/** Somebody new has written: one decides here first. */
export default function RequestBar({ conversationId, other }: { conversationId: string; other: User }) {
  const { accept, decline, block, busy } = useDecision(conversationId, other);
  const facts = [other.username, other.createdAt && t.conversation.joined(month.format(new Date(other.createdAt)))];
  return (
    <section className="request-bar" aria-labelledby="request-bar-title">
      <div>
        <h2 id="request-bar-title" className="request-bar__title" dir="auto">
          {t.conversation.wantsToWrite(other.displayName)}
        </h2>
        <p className="request-bar__facts">
          <bdi>{facts.filter(Boolean).join(" · ")}</bdi>. <span>{t.conversation.cannotSeeRead(other.displayName)}</span>
        </p>
      </div>
      <div className="request-bar__acts">
        <Button kind="danger-quiet" icon={Ban} onClick={block}>
          {t.conversation.blockVerb}
        </Button>
        <Button onClick={decline}>{t.conversation.decline}</Button>
        <Button kind="primary" className="request-bar__accept" busy={busy} onClick={accept}>
          {t.conversation.accept}
        </Button>
      </div>
    </section>
  );
}

function useDecision(id: string, other: User) {
  const engine = useEngine();
  const [, navigate] = useLocation();
  const [busy, setBusy] = useState(false);
  const told = async (work: Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    try {
      await work;
      return true;
    } catch (error) {
      toast(refusal(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return {
    busy,
    accept: () => void told(engine.call("conversation.accept", { id })),
    decline: async () => {
      if (await told(engine.call("conversation.decline", { id }))) navigate("/requests");
    },
    block: async () => {
      if (await askToBlock(other.displayName)) await told(engine.call("friend.block", { userId: other.id }));
    },
  };
}
