import type { ReactNode } from "react";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/index.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import { PersonCard } from "../profile/PersonCard.tsx";
import { kindOf, nameOf } from "../profile/person.ts";
import { usePerson } from "../profile/usePerson.ts";

interface Listed {
  id: string;
  username: string;
  /** What stands at the end of their line. */
  end?: ReactNode;
}

interface PersonRowsProps {
  people: readonly Listed[];
  /** Somebody goes to one of them. */
  onGo: () => void;
}

/** People of a message, each with their card. */
export function PersonRows({ people, onGo }: PersonRowsProps) {
  const { userId: me } = useEngine();
  return (
    <ul>
      {people.map(({ id, username, end }) => (
        <li key={id}>
          <PersonCard userId={id} name={username} onGo={onGo}>
            <button type="button" className="message-details__person">
              <Face userId={id} username={username} you={id === me} />
              {end !== undefined && <span>{end}</span>}
            </button>
          </PersonCard>
        </li>
      ))}
    </ul>
  );
}

function Face({ userId, username, you }: { userId: string; username: string; you: boolean }) {
  const person = usePerson(userId)?.person;
  const name = person ? nameOf(person) : username;
  return (
    <>
      <Avatar id={userId} name={name} src={person?.profileImage} size={28} kind={person ? kindOf(person) : "person"} />
      <bdi className="ellipsis">{you ? t.common.you : name}</bdi>
    </>
  );
}
