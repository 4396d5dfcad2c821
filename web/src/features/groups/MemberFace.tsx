import type { ReactNode } from "react";
import type { User } from "../../api/types.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { PersonCard } from "../profile/PersonCard.tsx";
import { kindOf, nameOf, tagOf } from "../profile/person.ts";
import "./MemberRow.css";

interface MemberFaceProps {
  user: User;
  /** The second line. */
  text: ReactNode;
  /** Beside the name: *you*, *invited*. */
  tag?: string;
}

/** Somebody in a list of a group; a click opens the card about them. */
export function MemberFace({ user, text, tag }: MemberFaceProps) {
  const name = nameOf(user);
  const kind = tagOf(user);
  return (
    <PersonCard userId={user.id} name={name}>
      <button type="button" className="member-row__face">
        <Avatar id={user.id} name={name} src={user.profileImage} size={36} kind={kindOf(user)} />
        <span className="member-row__words">
          <span className="member-row__name">
            <bdi className="ellipsis">{name}</bdi>
            {kind && <Tag>{kind}</Tag>}
            {tag && <Tag>{tag}</Tag>}
          </span>
          <span className="member-row__text ellipsis">{text}</span>
        </span>
      </button>
    </PersonCard>
  );
}
