import { Ban, type LucideIcon, Pin, Trash2, UserRoundMinus } from "lucide-react";
import { useMemo } from "react";
import type { ConversationRow, PersonRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/index.ts";
import { cx } from "../../ui/cx.ts";
import { Switch } from "../../ui/Switch.tsx";
import { nameOf, relationOf } from "./person.ts";
import { personActs } from "./personActs.ts";
import { useChatActions } from "./useChatActions.ts";

export interface PersonBlocksProps {
  person: PersonRow;
  conversation: ConversationRow | undefined;
}

/** Acts that are seldom wanted; what cannot be undone is last, and asks. */
export function PersonBlocks({ person, conversation }: PersonBlocksProps) {
  const engine = useEngine();
  const actions = useChatActions();
  const acts = useMemo(() => personActs(engine), [engine]);
  const relation = relationOf(person, engine.userId);
  const name = nameOf(person);
  return (
    <>
      {conversation?.request === 0 && (
        <div className="person-block person-block--switch">
          <Pin />
          <Switch
            label={t.people.pin}
            checked={conversation.pinned === true}
            onChange={() => void actions.pin(conversation)}
          />
        </div>
      )}
      {relation !== "self" && (
        <div className="person-block">
          {relation === "friend" && (
            <Row icon={UserRoundMinus} label={t.people.removeFriend} onClick={() => void acts.remove(person)} />
          )}
          {relation !== "blocked" && (
            <Row icon={Ban} danger label={t.people.block(name)} onClick={() => void acts.block(person)} />
          )}
          {conversation && (
            <Row
              icon={Trash2}
              danger
              label={t.people.deleteChat}
              onClick={() => void actions.remove(conversation, name)}
            />
          )}
        </div>
      )}
    </>
  );
}

interface RowProps {
  icon: LucideIcon;
  label: string;
  danger?: boolean;
  onClick: () => void;
}

function Row({ icon: Icon, label, danger = false, onClick }: RowProps) {
  return (
    <button type="button" className={cx("person-row", danger && "person-row--danger")} onClick={onClick}>
      <Icon />
      <span className="ellipsis" dir="auto">
        {label}
      </span>
    </button>
  );
}
