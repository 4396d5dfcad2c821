import { Clock } from "lucide-react";
import type { ReactNode } from "react";
import type { User } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/index.ts";
import { refusal } from "../../text/refusal.ts";
import { Button } from "../../ui/Button.tsx";
import { toast } from "../../ui/toast.tsx";
import { RequestBar } from "./RequestBar.tsx";
import { REQUEST_MESSAGES, type Writing } from "./writing.ts";
import "./Foot.css";

interface FootProps {
  writing: Writing;
  conversationId: string | undefined;
  other: User | undefined;
  /** The composer, where one can write. */
  children: ReactNode;
}

/** The end of a conversation: the composer, or why there is none and what helps. */
export function Foot({ writing, conversationId, other, children }: FootProps) {
  const name = other?.displayName ?? t.common.deletedUser;
  switch (writing.kind) {
    case "open":
      return <div className="foot">{children}</div>;
    case "waiting":
      return (
        <div className="foot">
          <Pill icon>{t.conversation.waiting(name, writing.left, REQUEST_MESSAGES)}</Pill>
          {writing.left > 0 && children}
        </div>
      );
    case "declined":
      return (
        <div className="foot">
          <Pill>{t.conversation.declined(name, writing.days)}</Pill>
        </div>
      );
    case "unreachable":
      return (
        <div className="foot">
          <Pill>{t.conversation.cannotSend}</Pill>
        </div>
      );
    case "blocked-by-me":
      return (
        <div className="foot">
          <Pill action={other && <Unblock userId={other.id} />}>{t.conversation.youBlocked(name)}</Pill>
        </div>
      );
    case "request":
      return (
        <div className="foot">
          {other && conversationId !== undefined && <RequestBar conversationId={conversationId} other={other} />}
        </div>
      );
  }
}

function Pill({ icon = false, action, children }: { icon?: boolean; action?: ReactNode; children: ReactNode }) {
  return (
    <div className="foot__pill">
      {icon && <Clock />}
      <span dir="auto">{children}</span>
      {action}
    </div>
  );
}

function Unblock({ userId }: { userId: string }) {
  const engine = useEngine();
  const unblock = () => {
    engine.call("friend.unblock", { userId }).catch((error: unknown) => toast(refusal(error)));
  };
  return (
    <Button kind="outline" size="sm" onClick={unblock}>
      {t.conversation.unblock}
    </Button>
  );
}
