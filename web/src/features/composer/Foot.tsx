import { Clock } from "lucide-react";
import { lazy, type ReactNode, Suspense } from "react";
import type { User } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/index.ts";
import { refusal } from "../../text/refusal.ts";
import { Button } from "../../ui/Button.tsx";
import { toast } from "../../ui/toast.tsx";
import { mayWrite, REQUEST_MESSAGES, type Writing } from "./writing.ts";
import "./Foot.css";

const RequestBar = lazy(() => import("./RequestBar.tsx"));

interface FootProps {
  writing: Writing;
  conversationId: string | undefined;
  other: User | undefined;
  /** The composer, where one can write. */
  children: ReactNode;
}

/** The end of a conversation: the composer, or why there is none and what helps. */
export function Foot({ writing, conversationId, other, children }: FootProps) {
  return (
    <div className="foot">
      <Reason writing={writing} conversationId={conversationId} other={other} />
      {mayWrite(writing) && children}
    </div>
  );
}

function Reason({ writing, conversationId, other }: Omit<FootProps, "children">) {
  const name = other?.displayName ?? t.common.deletedUser;
  switch (writing.kind) {
    case "open":
      return null;
    case "waiting":
      return <Pill icon>{t.conversation.waiting(name, writing.left, REQUEST_MESSAGES)}</Pill>;
    case "declined":
      return <Pill>{t.conversation.declined(name, writing.days)}</Pill>;
    case "unreachable":
      return <Pill>{t.conversation.cannotSend}</Pill>;
    case "blocked-by-me":
      return <Pill action={other && <Unblock userId={other.id} />}>{t.conversation.youBlocked(name)}</Pill>;
    case "request":
      return (
        other &&
        conversationId !== undefined && (
          <Suspense>
            <RequestBar conversationId={conversationId} other={other} />
          </Suspense>
        )
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
