import { Check, Hourglass } from "lucide-react";
import { useMemo } from "react";
import type { PresenceState } from "../../api/types.ts";
import type { PersonRow } from "../../db/schema.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/people.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import { Chip } from "../../ui/Chip.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { useNow } from "../../ui/useNow.ts";
import { ActButton } from "./ActButton.tsx";
import { canBefriend, kindOf, nameOf, relationOf, tagOf } from "./person.ts";
import { personActs } from "./personActs.ts";
import { Cover } from "./pictures/Cover.tsx";
import { monthText, presenceText, shownPresence } from "./presence.ts";
import "./PersonHero.css";
import { Username } from "./Username.tsx";

export interface PersonHeroProps {
  person: PersonRow;
  presence: PresenceState | undefined;
  size?: 60 | 92;
}

/** The face of somebody, and how one stands to them. */
export function PersonHero({ person, presence, size = 92 }: PersonHeroProps) {
  const name = nameOf(person);
  const now = useNow();
  const tag = tagOf(person);
  const said = presenceText(presence, person, now);
  return (
    <div className="person-hero">
      {size === 92 && <Cover src={person.coverImage} small />}
      <Avatar
        id={person.id}
        name={name}
        src={person.profileImage}
        size={size}
        kind={kindOf(person)}
        presence={shownPresence(presence)}
      />
      <h3 className="person-hero__name">
        <bdi>{name}</bdi>
        {tag && <Tag>{tag}</Tag>}
      </h3>
      <p className="person-hero__text">
        <Username username={person.username} also={said} />
      </p>
      <Standing person={person} />
    </div>
  );
}

/** Friends, a request either way, a block: and the one act that goes with it. */
function Standing({ person }: { person: PersonRow }) {
  const engine = useEngine();
  const acts = useMemo(() => personActs(engine), [engine]);
  const now = useNow();
  const name = nameOf(person);
  switch (relationOf(person, engine.userId)) {
    case "friend":
      return (
        <Chip kind="accent" icon={Check}>
          {person.friendSince === undefined
            ? t.people.friend
            : t.people.friendSince(monthText(person.friendSince, now))}
        </Chip>
      );
    case "incoming":
      return (
        <div className="person-hero__request">
          <p>{t.people.wantsToBeFriends(name)}</p>
          <ActButton act={() => acts.decline(person)}>{t.people.decline}</ActButton>
          <ActButton kind="primary" act={() => acts.accept(person)}>
            {t.people.accept}
          </ActButton>
        </div>
      );
    case "outgoing":
      return (
        <div className="person-hero__acts">
          <Chip icon={Hourglass}>{t.people.requestSent}</Chip>
          <ActButton size="sm" act={() => acts.decline(person)}>
            {t.people.cancelRequest}
          </ActButton>
        </div>
      );
    case "blocked":
      return (
        <div className="person-hero__acts">
          <Chip kind="bad">{t.people.youBlocked(name)}</Chip>
          <ActButton size="sm" act={() => acts.unblock(person)}>
            {t.people.unblock}
          </ActButton>
        </div>
      );
    case "none":
      return canBefriend(person) ? (
        <div className="person-hero__acts">
          <ActButton size="sm" act={() => acts.request(person)}>
            {t.people.addFriend}
          </ActButton>
        </div>
      ) : null;
    case "self":
      return <Tag>{t.people.self}</Tag>;
  }
}
