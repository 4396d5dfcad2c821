import { useMemo, useState } from "react";
import type { User } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/groups.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { InviteNote } from "./InviteNote.tsx";
import { refusedPeople } from "./invited.ts";
import { PeoplePicker } from "./PeoplePicker.tsx";
import type { Roster } from "./roster.ts";

interface InviteDialogProps {
  roster: Roster;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onInvited: () => void;
}

/** More people for a group. */
export function InviteDialog({ roster, open, onOpenChange, onInvited }: InviteDialogProps) {
  const engine = useEngine();
  const [picked, setPicked] = useState<readonly User[]>([]);
  const [refused, setRefused] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const inside = useMemo(() => new Set(roster.members.map(({ user }) => user.id)), [roster]);
  const change = (next: readonly User[]) => {
    setPicked(next);
    setRefused(undefined);
  };
  const close = (next: boolean) => {
    if (!next) change([]);
    onOpenChange(next);
  };
  const invite = async () => {
    setBusy(true);
    try {
      await engine.call("group.invite", { id: roster.group.id, userIds: picked.map(({ id }) => id) });
      onInvited();
      close(false);
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  const footer = (
    <>
      <Button onClick={() => close(false)}>{t.common.cancel}</Button>
      <Button kind="primary" busy={busy} disabled={picked.length === 0} onClick={() => void invite()}>
        {t.groups.invite}
      </Button>
    </>
  );
  return (
    <Dialog open={open} onOpenChange={close} title={t.groups.invitePeople} size="lg" footer={footer}>
      <PeoplePicker
        picked={picked}
        onChange={change}
        without={inside}
        refused={new Set(refusedPeople(refused, picked).map(({ id }) => id))}
      />
      <InviteNote error={refused} picked={picked} />
    </Dialog>
  );
}
