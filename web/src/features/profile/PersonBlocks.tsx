import { Ban, Trash2, UserRoundMinus } from "lucide-react";
import { useMemo } from "react";
import type { ConversationRow, PersonRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/people.ts";
import { DetailsRow, PinRow } from "./DetailsRows.tsx";
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
        <div className="person-block">
          <PinRow conversation={conversation} />
        </div>
      )}
      {relation !== "self" && (
        <div className="person-block">
          {relation === "friend" && (
            <DetailsRow icon={UserRoundMinus} label={t.people.removeFriend} onClick={() => void acts.remove(person)} />
          )}
          {relation !== "blocked" && (
            <DetailsRow icon={Ban} danger label={t.people.block(name)} onClick={() => void acts.block(person)} />
          )}
          {conversation && (
            <DetailsRow
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
