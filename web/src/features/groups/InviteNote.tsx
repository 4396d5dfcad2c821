import type { User } from "../../api/types.ts";
import { t } from "../../text/groups.ts";
import "./InviteNote.css";
import { notInvited } from "./invited.ts";

/** Below the people: what becomes of them, or why that does not go. */
export function InviteNote({ error, picked }: { error: unknown; picked: readonly User[] }) {
  return error === undefined ? (
    <p className="invite-note">{t.groups.peopleHint}</p>
  ) : (
    <p className="invite-note invite-note--bad" role="alert" dir="auto">
      {notInvited(error, picked)}
    </p>
  );
}
