import { type FormEvent, useId, useState } from "react";
import { useLocation } from "wouter";
import type { User } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/groups.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { usePicked } from "../chats/pick/PickDialog.tsx";
import { fits, GroupFields, isAtField } from "./GroupFields.tsx";
import { InviteNote } from "./InviteNote.tsx";
import { refusedPeople } from "./invited.ts";
import { PeoplePicker } from "./PeoplePicker.tsx";

interface NewGroupDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** A new group: what it is called, and who is invited at once. It opens when it is there. */
export default function NewGroupDialog({ open, onOpenChange }: NewGroupDialogProps) {
  const formId = useId();
  const [busy, setBusy] = useState(false);
  const { picked, returns } = usePicked(open);
  const footer = (
    <>
      <Button onClick={() => onOpenChange(false)}>{t.common.cancel}</Button>
      <Button kind="primary" type="submit" form={formId} busy={busy}>
        {t.groups.create}
      </Button>
    </>
  );
  const made = () => {
    picked();
    onOpenChange(false);
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t.chats.newGroup}
      size="lg"
      footer={footer}
      returns={returns}
    >
      <NewGroup formId={formId} onBusy={setBusy} onMade={made} />
    </Dialog>
  );
}

interface NewGroupProps {
  formId: string;
  onBusy: (busy: boolean) => void;
  onMade: () => void;
}

function NewGroup({ formId, onBusy, onMade }: NewGroupProps) {
  const engine = useEngine();
  const [, navigate] = useLocation();
  const [words, setWords] = useState({ name: "", description: "" });
  const [people, setPeople] = useState<readonly User[]>([]);
  const [tried, setTried] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const create = async () => {
    setTried(true);
    if (!fits(words)) return;
    onBusy(true);
    try {
      const memberIds = people.map(({ id }) => id);
      const { id } = await engine.call("group.create", { ...words, memberIds });
      navigate(`/c/${id}`);
      onMade();
    } catch (error) {
      setRefused(error);
    } finally {
      onBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void create();
  };
  return (
    <>
      {/* The people stand outside: Enter picks one there. */}
      <form id={formId} className="new-group" onSubmit={submit} noValidate>
        <GroupFields
          words={words}
          missing={tried}
          refused={refused}
          onChange={(next) => {
            setRefused(undefined);
            setWords(next);
          }}
        />
      </form>
      <div className="field">
        <span className="field__label" aria-hidden="true">
          {t.groups.people}
        </span>
        <PeoplePicker
          picked={people}
          refused={new Set(refusedPeople(refused, people).map(({ id }) => id))}
          onChange={(next) => {
            setRefused(undefined);
            setPeople(next);
          }}
        />
        <InviteNote error={isAtField(refused) ? undefined : refused} picked={people} />
      </div>
    </>
  );
}
