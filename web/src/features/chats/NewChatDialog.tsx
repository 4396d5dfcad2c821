import { UserRoundSearch } from "lucide-react";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import type { User } from "../../api/types.ts";
import { t } from "../../text/index.ts";
import { refusal } from "../../text/refusal.ts";
import { Empty } from "../../ui/Empty.tsx";
import { type ChatData, useChatData } from "./data.ts";
import { friendsOf, pathOfPerson } from "./people.ts";
import { PickBox, type PickGroup } from "./pick/PickBox.tsx";
import { PickClose, PickDialog, usePicked } from "./pick/PickDialog.tsx";
import { useListState } from "./state.ts";
import { useUserSearch } from "./useUserSearch.ts";
import { personFace } from "./view.ts";

/** Whom to write to: friends first, then whoever the server finds. */
export function NewChatDialog() {
  const { newChat, closeNewChat } = useListState();
  const { picked, returns } = usePicked(newChat.open);
  const finish = () => {
    picked();
    closeNewChat();
  };
  const change = (open: boolean) => open || closeNewChat();
  return (
    <PickDialog title={t.chats.newChat} open={newChat.open} onOpenChange={change} returns={returns}>
      <NewChat first={newChat.query} onDone={finish} />
    </PickDialog>
  );
}

function NewChat({ first, onDone }: { first: string; onDone: () => void }) {
  const data = useChatData();
  const [query, setQuery] = useState(first);
  const [, navigate] = useLocation();
  const search = useUserSearch(query.trim());
  const groups = useMemo(() => {
    const pick = (person: User) => {
      onDone();
      navigate(pathOfPerson(person.id, data?.conversations ?? []));
    };
    return data ? groupsOf(data, query.trim(), search.users, pick) : [];
  }, [data, query, search.users, navigate, onDone]);
  return (
    <PickBox
      label={t.chats.newChat}
      placeholder={t.chats.newChatSearch}
      query={query}
      onQuery={setQuery}
      groups={groups}
      trailing={<PickClose />}
      nothing={data && !search.busy && <Nobody query={query.trim()} error={search.error} />}
    />
  );
}

function Nobody({ query, error }: { query: string; error: unknown }) {
  if (error !== undefined) return <Empty icon={UserRoundSearch} title={refusal(error)} />;
  const [title, text] =
    query === "" ? [t.chats.noFriends, t.chats.noFriendsText] : [t.chats.nobody, t.chats.nobodyText];
  return <Empty icon={UserRoundSearch} title={title} text={text} />;
}

function groupsOf(data: ChatData, query: string, users: readonly User[], pick: (person: User) => void): PickGroup[] {
  const toPick = (person: User) => ({
    key: person.id,
    name: person.displayName || person.username,
    face: personFace(person, data),
    hint: person.username,
    run: () => pick(person),
  });
  const friends = friendsOf(data.people.values(), query);
  const known = new Set([data.me, ...friends.map((each) => each.id)]);
  return [
    { title: t.chats.friends, picks: friends.map(toPick) },
    { title: t.chats.people, picks: users.filter((each) => !known.has(each.id)).map(toPick) },
  ];
}
