import { useLiveQuery } from "dexie-react-hooks";
import { type CSSProperties, useEffect, useState } from "react";
import type { ConversationRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";
import { locale } from "../../text/index.ts";
import { media } from "../../text/media.ts";
import { t } from "../../text/settings.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import { Button } from "../../ui/Button.tsx";
import { Card } from "../../ui/Card.tsx";
import { confirm } from "../../ui/confirm.tsx";
import { fileSize } from "../../ui/size.ts";
import { toast } from "../../ui/toast.tsx";
import { Section } from "../profile/Page.tsx";
import { kindOf, nameOf } from "../profile/person.ts";
import { ServerUse } from "./ServerUse.tsx";
import "./StorageSettings.css";
import { clearMessages, type Kept, type KeptChat, keptIn, waitingIn } from "./storage.ts";

const number = new Intl.NumberFormat(locale);

/** How much is kept on this device, of what, and a way to be rid of it. */
export function StorageSettings() {
  const { db } = useEngine();
  const kept = useLiveQuery(() => keptIn(db), [db]);
  const waiting = useLiveQuery(() => waitingIn(db), [db]);
  const estimate = useEstimate(kept);
  if (kept === undefined) return null;
  const clear = async () => {
    const question = { title: t.settings.clearTitle, text: t.settings.clearText, verb: t.settings.clearVerb };
    if (!(await confirm(question))) return;
    await clearMessages(db);
    toast(t.settings.cleared);
  };
  const counts = [
    t.settings.messages(kept.messages, number.format(kept.messages)),
    t.settings.chats(kept.chats, number.format(kept.chats)),
    t.settings.people(kept.people, number.format(kept.people)),
  ].join(" · ");
  return (
    <>
      <Section title={t.settings.storageTitle} text={t.settings.kept}>
        <Card pad className="storage">
          <div className="storage__head">
            <Usage estimate={estimate} />
            <Button size="sm" onClick={() => void clear()}>
              {t.settings.clear}
            </Button>
          </div>
          <p className="storage__counts">{counts}</p>
          {waiting !== undefined && waiting.count > 0 && (
            <p className="storage__counts">{media.waiting(waiting.count, fileSize(waiting.bytes))}</p>
          )}
        </Card>
      </Section>
      <ServerUse />
      {kept.most.length > 0 && (
        <Section title={t.settings.mostMessages}>
          <Card>
            {kept.most.map((chat) => (
              <ChatUse key={chat.conversation.id} chat={chat} />
            ))}
          </Card>
        </Section>
      )}
    </>
  );
}

function Usage({ estimate }: { estimate: StorageEstimate | undefined }) {
  const { usage, quota } = estimate ?? {};
  if (usage === undefined) return <span className="storage__of">{t.settings.unknownUse}</span>;
  const part = quota ? Math.min(1, usage / quota) : 0;
  return (
    <>
      <bdi className="storage__size" dir="ltr">
        {fileSize(usage)}
      </bdi>
      <span className="storage__of">{quota ? t.settings.usedOf(fileSize(quota)) : t.settings.used}</span>
      <span className="storage__bar" aria-hidden="true" style={{ "--part": part } satisfies CSSProperties} />
    </>
  );
}

function ChatUse({ chat: { conversation, messages } }: { chat: KeptChat }) {
  const { id, name, kind } = faceOf(conversation);
  return (
    <div className="storage__chat">
      <Avatar
        id={id}
        name={name}
        kind={kind}
        src={conversation.other?.profileImage ?? conversation.profileImage}
        size={36}
      />
      <bdi className="ellipsis">{name}</bdi>
      <span className="storage__messages">{t.settings.messages(messages, number.format(messages))}</span>
    </div>
  );
}

function faceOf({ id, kind, title, other }: ConversationRow): {
  id: string;
  name: string;
  kind: "person" | "bot" | "group";
} {
  switch (kind) {
    case "direct":
      return other
        ? { id: other.id, name: nameOf(other), kind: kindOf(other) }
        : { id, name: t.common.deletedUser, kind: "person" };
    case "group":
      return { id, name: title || t.chats.untitled, kind: "group" };
  }
}

/** What the browser says it keeps for this site; asked again when something of it has changed. */
function useEstimate(kept: Kept | undefined): StorageEstimate | undefined {
  const [estimate, setEstimate] = useState<StorageEstimate>();
  useEffect(() => {
    if (kept === undefined) return undefined;
    let wanted = true;
    // Not on insecure origins.
    const asked: Promise<StorageEstimate> | undefined = navigator.storage?.estimate?.();
    asked?.then(
      (answer) => {
        if (wanted) setEstimate(answer);
      },
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [kept]);
  return estimate;
}
