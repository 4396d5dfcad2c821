import { useLiveQuery } from "dexie-react-hooks";
import { UserRoundPlus, UserRoundSearch } from "lucide-react";
import { useMemo, useState } from "react";
import type { FoundUser } from "../../api/types.ts";
import type { PersonRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/people.ts";
import { refusal } from "../../text/refusal.ts";
import { Chip } from "../../ui/Chip.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Empty } from "../../ui/Empty.tsx";
import { SearchInput } from "../../ui/SearchInput.tsx";
import { useUserSearch } from "../chats/useUserSearch.ts";
import { ActButton } from "../profile/ActButton.tsx";
import { PersonItem } from "../profile/PersonItem.tsx";
import { canBefriend, nameOf, relationOf } from "../profile/person.ts";
import { type PersonActs, personActs } from "../profile/personActs.ts";
import { Username } from "../profile/Username.tsx";
import "./AddFriendDialog.css";
import { Answer, TakeBack, Unblock } from "./FriendItem.tsx";

export interface AddFriendDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Find somebody and ask them to be friends. */
export function AddFriendDialog({ open, onOpenChange }: AddFriendDialogProps) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t.people.addFriend} size="lg">
      <Search />
    </Dialog>
  );
}

function Search() {
  const [query, setQuery] = useState("");
  const sought = query.trim();
  const { users, busy, error } = useUserSearch(sought);
  const found = useFound(users);
  return (
    <div className="add-friend">
      <SearchInput value={query} onChange={setQuery} placeholder={t.people.searchPlaceholder} maxLength={64} />
      <div className="visually-hidden" role="status">
        {found.length > 0 && !busy && t.people.resultCount(found.length)}
      </div>
      {found.length > 0 ? (
        <ul className="add-friend__found" aria-label={t.people.results}>
          {found.map((person) => (
            <Found key={person.id} person={person} />
          ))}
        </ul>
      ) : (
        !busy && <Nobody asked={sought.length >= 2} error={error} />
      )}
    </div>
  );
}

/** Who was found, as they are known here: what one does about them shows at once. */
function useFound(users: readonly FoundUser[]): readonly PersonRow[] {
  const { db, userId } = useEngine();
  const known = useLiveQuery(() => db.people.bulkGet(users.map((user) => user.id)), [db, users]);
  return useMemo(() => {
    const rows = new Map(known?.flatMap((row) => (row === undefined ? [] : [[row.id, row]])));
    return users.flatMap((user) => (user.id === userId ? [] : [rows.get(user.id) ?? user]));
  }, [users, known, userId]);
}

function Found({ person }: { person: PersonRow }) {
  const engine = useEngine();
  const acts = useMemo(() => personActs(engine), [engine]);
  const text = <Username username={person.username} />;
  return <PersonItem person={person} text={text} wide actions={actionsFor(person, engine.userId, acts)} />;
}

function actionsFor(person: PersonRow, me: string, acts: PersonActs) {
  switch (relationOf(person, me)) {
    case "incoming":
      return <Answer person={person} acts={acts} />;
    case "outgoing":
      return <TakeBack person={person} acts={acts} />;
    case "blocked":
      return <Unblock person={person} acts={acts} />;
    case "friend":
      return <Chip>{t.people.friend}</Chip>;
    case "self":
      return null;
    case "none":
      return canBefriend(person) ? (
        <ActButton
          size="sm"
          icon={UserRoundPlus}
          act={() => acts.request(person)}
          aria-label={t.people.addFriendOf(nameOf(person))}
        >
          {t.people.addFriend}
        </ActButton>
      ) : null;
  }
}

function Nobody({ asked, error }: { asked: boolean; error: unknown }) {
  if (error !== undefined) return <Empty icon={UserRoundSearch} title={refusal(error)} />;
  if (!asked) return <p className="add-friend__hint">{t.people.addText}</p>;
  return <Empty icon={UserRoundSearch} title={t.people.nobody} text={t.people.nobodyText} />;
}
