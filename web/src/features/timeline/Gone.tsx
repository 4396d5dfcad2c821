import { MessageCircleOff } from "lucide-react";
import { useEffect, useRef } from "react";
import { useLocation } from "wouter";
import type { OutboxRow } from "../../db/schema.ts";
import { t } from "../../text/index.ts";
import { Button } from "../../ui/Button.tsx";
import { Empty } from "../../ui/Empty.tsx";
import { Unsent } from "./Unsent.tsx";

/** What is no more, or not for the reader; `group`: what it was called, if they were in it a moment ago. */
export default function Gone({ group, unsent }: { group: string | undefined; unsent: readonly OutboxRow[] }) {
  const [, navigate] = useLocation();
  const back = useRef<HTMLButtonElement>(null);
  // What had the focus went with the conversation.
  useEffect(() => {
    if (document.activeElement === document.body) back.current?.focus();
  }, []);
  const words =
    group === undefined
      ? { title: t.errors.not_found }
      : { title: t.conversation.notInGroup(group), text: t.conversation.notInGroupText };
  return (
    <div className="conversation conversation--gone" role="status">
      <Empty
        icon={MessageCircleOff}
        {...words}
        action={
          <>
            <Button ref={back} onClick={() => navigate("/")}>
              {t.conversation.backToChats}
            </Button>
            {unsent.length > 0 && <Unsent entries={unsent} />}
          </>
        }
      />
    </div>
  );
}
