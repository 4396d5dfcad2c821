import { Ban, CircleUserRound, Ellipsis, MessageCircle, UserRoundMinus } from "lucide-react";
import { useMemo } from "react";
import type { PresenceState } from "../../api/types.ts";
import type { PersonRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/people.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { Menu } from "../../ui/Menu.tsx";
import { useNow } from "../../ui/useNow.ts";
import { ActButton } from "../profile/ActButton.tsx";
import { PersonItem } from "../profile/PersonItem.tsx";
import { nameOf, relationOf } from "../profile/person.ts";
import { type PersonActs, personActs } from "../profile/personActs.ts";
import { dayInSentence, presenceText } from "../profile/presence.ts";
import { Username } from "../profile/Username.tsx";
import { useMessage } from "../profile/useMessage.ts";

export interface FriendItemProps {
  person: PersonRow;
  presence: PresenceState | undefined;
  open: boolean;
  onOpen: (userId: string) => void;
}

/** Somebody in the lists of friends, with what one can do at once. */
export function FriendItem({ person, presence, open, onOpen }: FriendItemProps) {
  const engine = useEngine();
  const acts = useMemo(() => personActs(engine), [engine]);
  const now = useNow();
  const { username } = person;
  const common = { person, open, onOpen: () => onOpen(person.id) };
  const since = (at: string | undefined) => dayInSentence(at ?? new Date(now).toISOString(), now);
  switch (relationOf(person, engine.userId)) {
    case "incoming": {
      const text = <Username username={username} also={t.people.askedAt(since(person.friendSince))} />;
      return <PersonItem {...common} text={text} wide actions={<Answer person={person} acts={acts} />} />;
    }
    case "outgoing": {
      const text = <Username username={username} also={t.people.sentAt(since(person.friendSince))} />;
      return <PersonItem {...common} text={text} wide actions={<TakeBack person={person} acts={acts} />} />;
    }
    case "blocked": {
      const text = <Username username={username} also={t.people.blockedAt(since(person.blockedSince))} />;
      return <PersonItem {...common} text={text} wide actions={<Unblock person={person} acts={acts} />} />;
    }
    case "friend": {
      const text = presenceText(presence, person, now) ?? <Username username={username} />;
      const actions = <FriendActions person={person} acts={acts} onOpen={common.onOpen} />;
      return <PersonItem {...common} presence={presence} text={text} actions={actions} />;
    }
    case "self":
    case "none":
      return null;
  }
}

interface ActionsProps {
  person: PersonRow;
  acts: PersonActs;
}

export function Answer({ person, acts }: ActionsProps) {
  const name = nameOf(person);
  return (
    <>
      <ActButton size="sm" act={() => acts.decline(person)} aria-label={t.people.declineOf(name)}>
        {t.people.decline}
      </ActButton>
      <ActButton size="sm" kind="primary" act={() => acts.accept(person)} aria-label={t.people.acceptOf(name)}>
        {t.people.accept}
      </ActButton>
    </>
  );
}

export function TakeBack({ person, acts }: ActionsProps) {
  return (
    <ActButton size="sm" act={() => acts.decline(person)} aria-label={t.people.cancelRequestOf(nameOf(person))}>
      {t.people.cancelRequest}
    </ActButton>
  );
}

export function Unblock({ person, acts }: ActionsProps) {
  return (
    <ActButton size="sm" act={() => acts.unblock(person)} aria-label={t.people.unblockOf(nameOf(person))}>
      {t.people.unblock}
    </ActButton>
  );
}

function FriendActions({ person, acts, onOpen }: ActionsProps & { onOpen: () => void }) {
  const message = useMessage();
  const name = nameOf(person);
  return (
    <>
      <IconButton icon={MessageCircle} label={t.people.messageTo(name)} onClick={() => void message(person.id)} />
      <Menu
        trigger={<IconButton icon={Ellipsis} label={t.people.moreOf(name)} />}
        items={[
          { label: t.people.showDetails, icon: CircleUserRound, onSelect: onOpen },
          { label: t.people.message, icon: MessageCircle, onSelect: () => void message(person.id) },
          "line",
          { label: t.people.removeFriend, icon: UserRoundMinus, onSelect: () => void acts.remove(person) },
          { label: t.people.block(name), icon: Ban, danger: true, onSelect: () => void acts.block(person) },
        ]}
      />
    </>
  );
}
