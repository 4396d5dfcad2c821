import { UserRoundSearch } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import type { User } from "../../../api/types.ts";
import { t } from "../../../text/index.ts";
import { refusal } from "../../../text/refusal.ts";
import { Empty } from "../../../ui/Empty.tsx";
import { type ChatData, useChatData } from "../data.ts";
import { friendsOf } from "../people.ts";
import { useUserSearch } from "../useUserSearch.ts";
import { personFace } from "../view.ts";
import { PickBox, type PickGroup } from "./PickBox.tsx";

interface PeopleBoxProps {
  /** Its name. */
  label: string;
  /** What is looked for first. */
  first?: string;
  /** Who is not offered. */
  without?: ReadonlySet<string>;
  onPick: (person: User, data: ChatData) => void;
  /** Behind the field. */
  trailing?: ReactNode;
}

/** People to pick: friends first, then whoever the server finds. */
export function PeopleBox({ label, first = "", without = NOBODY, onPick, trailing }: PeopleBoxProps) {
  const data = useChatData();
  const [query, setQuery] = useState(first);
  const search = useUserSearch(query.trim());
  const groups = useMemo(() => {
    if (data === undefined) return [];
    const pick = (person: User) => {
      // Whoever picks another looks for another.
      setQuery("");
      onPick(person, data);
    };
    return groupsOf(data, query.trim(), search.users, { without, pick });
  }, [data, query, search.users, without, onPick]);
  return (
    <PickBox
      label={label}
      placeholder={t.chats.newChatSearch}
      query={query}
      onQuery={setQuery}
      groups={groups}
      trailing={trailing}
      nothing={data && !search.busy && <Nobody query={query.trim()} error={search.error} all={without.size === 0} />}
    />
  );
}

const NOBODY: ReadonlySet<string> = new Set();

/** `all`: nobody is left out, who would be there. */
function Nobody({ query, error, all }: { query: string; error: unknown; all: boolean }) {
  if (error !== undefined) return <Empty icon={UserRoundSearch} title={refusal(error)} />;
  if (query === "" && !all) return null;
  const [title, text] =
    query === "" ? [t.chats.noFriends, t.chats.noFriendsText] : [t.chats.nobody, t.chats.nobodyText];
  return <Empty icon={UserRoundSearch} title={title} text={text} />;
}

interface Picking {
  without: ReadonlySet<string>;
  pick: (person: User) => void;
}

function groupsOf(data: ChatData, query: string, users: readonly User[], { without, pick }: Picking): PickGroup[] {
  const toPick = (person: User) => ({
    key: person.id,
    name: person.displayName || person.username,
    face: personFace(person, data),
    hint: person.username,
    run: () => pick(person),
  });
  const friends = friendsOf(data.people.values(), query);
  const known = new Set([data.me, ...friends.map((each) => each.id)]);
  const offered = (people: readonly User[]) => people.filter((each) => !without.has(each.id)).map(toPick);
  return [
    { title: t.chats.friends, picks: offered(friends) },
    { title: t.chats.people, picks: offered(users.filter((each) => !known.has(each.id))) },
  ];
}
