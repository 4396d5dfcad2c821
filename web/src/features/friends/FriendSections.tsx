import { Ban, SearchX, UserRoundPlus, UsersRound } from "lucide-react";
import type { ReactNode } from "react";
import type { PersonRow } from "../../db/schema.ts";
import { locale } from "../../text/index.ts";
import { t } from "../../text/people.ts";
import { Button } from "../../ui/Button.tsx";
import { Card } from "../../ui/Card.tsx";
import { Empty } from "../../ui/Empty.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { Section } from "../profile/Page.tsx";
import { FriendItem } from "./FriendItem.tsx";
import type { FriendTab } from "./tabs.ts";
import type { Friends } from "./useFriends.ts";
import { useKeptFocus } from "./useKeptFocus.ts";

export interface FriendSectionsProps {
  tab: FriendTab;
  friends: Friends | undefined;
  query: string;
  /** Whose details are shown. */
  open: string | undefined;
  onOpen: (userId: string) => void;
  onAdd: () => void;
}

/** The people of a tab, in sections of what they are. */
export function FriendSections(props: FriendSectionsProps) {
  const kept = useKeptFocus(props.friends);
  return (
    <div className="friends__sections" {...kept}>
      <Shown {...props} />
    </div>
  );
}

function Shown({ tab, friends, query, open, onOpen, onAdd }: FriendSectionsProps) {
  if (friends === undefined) return null;
  const sections = sectionsOf(tab, friends).filter(({ people }) => people.length > 0);
  if (sections.length > 0) {
    return sections.map(({ title, people, counted }) => (
      <Section
        key={title}
        title={title}
        count={counted ? new Intl.NumberFormat(locale).format(people.length) : undefined}
      >
        <Card>
          <ul className="friends__list">
            {people.map((person) => (
              <FriendItem
                key={person.id}
                person={person}
                presence={friends.presence.get(person.id)}
                open={person.id === open}
                onOpen={onOpen}
              />
            ))}
          </ul>
        </Card>
      </Section>
    ));
  }
  if (!friends.complete) return <Skeleton rows={5} />;
  if (query !== "") {
    return <Empty icon={SearchX} title={t.people.nothingFound(query)} text={t.people.nothingFoundText} />;
  }
  return nothingIn(tab, onAdd);
}

interface Listed {
  title: string;
  people: readonly PersonRow[];
  /** Whether it says how many they are. */
  counted?: boolean;
}

function sectionsOf(tab: FriendTab, { incoming, outgoing, online, others, blocked }: Friends): Listed[] {
  const requests = [
    { title: t.people.waiting, people: incoming },
    { title: t.people.sentRequests, people: outgoing },
  ];
  switch (tab) {
    case "friends":
      return [
        ...requests,
        { title: t.people.onlineNow, people: online, counted: true },
        { title: online.length > 0 ? t.people.everyoneElse : t.people.tabFriends, people: others, counted: true },
      ];
    case "requests":
      return requests;
    case "blocked":
      return [{ title: t.people.blockedPeople, people: blocked }];
  }
}

function nothingIn(tab: FriendTab, onAdd: () => void): ReactNode {
  const add = (
    <Button icon={UserRoundPlus} onClick={onAdd}>
      {t.people.addFriend}
    </Button>
  );
  switch (tab) {
    case "friends":
      return <Empty icon={UsersRound} title={t.people.noFriends} text={t.people.noFriendsText} action={add} />;
    case "requests":
      return <Empty icon={UserRoundPlus} title={t.people.noRequests} text={t.people.noRequestsText} />;
    case "blocked":
      return <Empty icon={Ban} title={t.people.nobodyBlocked} text={t.people.nobodyBlockedText} />;
  }
}
