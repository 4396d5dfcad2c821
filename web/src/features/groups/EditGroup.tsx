import { useId, useState } from "react";
import type { GroupInfo } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/index.ts";
import { Button } from "../../ui/Button.tsx";
import { useInlineEdit } from "../../ui/useInlineEdit.ts";
import "./EditGroup.css";
import { fits, GroupFields, isAtField } from "./GroupFields.tsx";
import { refusedInGroup } from "./groupActs.ts";

interface EditGroupProps {
  group: GroupInfo;
  /** Saved, or left as it was. */
  onDone: () => void;
}

/** The name and the description in place: Enter in the name saves, Esc leaves them as they were. */
export function EditGroup({ group, onDone }: EditGroupProps) {
  const engine = useEngine();
  const noteId = useId();
  const before = { name: group.name, description: group.description ?? "" };
  const [words, setWords] = useState(before);
  const [tried, setTried] = useState(false);
  const save = async () => {
    setTried(true);
    if (!fits(words)) return "faulty";
    const { name, description } = words;
    const change = {
      ...(name.trim() !== group.name && { name }),
      ...(description.trim() !== (group.description ?? "") && { description }),
    };
    if (Object.keys(change).length > 0) await engine.call("group.update", { id: group.id, ...change });
    return undefined;
  };
  const { busy, refused, forgive, onSubmit, onKeyDown } = useInlineEdit(save, onDone);
  const general = refused !== undefined && !isAtField(refused);
  return (
    <form
      className="edit-group"
      onSubmit={onSubmit}
      onKeyDown={onKeyDown}
      aria-describedby={general ? noteId : undefined}
    >
      <GroupFields
        words={words}
        missing={tried}
        refused={refused}
        onChange={(next) => {
          forgive();
          setWords(next);
        }}
      />
      {general && (
        <p className="edit-group__refused" id={noteId} role="alert">
          {refusedInGroup(refused)}
        </p>
      )}
      <div className="edit-group__buttons">
        <Button onClick={onDone}>{t.common.cancel}</Button>
        <Button kind="primary" type="submit" busy={busy}>
          {t.common.save}
        </Button>
      </div>
    </form>
  );
}
