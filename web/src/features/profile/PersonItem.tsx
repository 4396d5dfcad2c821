import type { ReactNode } from "react";
import type { PresenceState, User } from "../../api/types.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import { cx } from "../../ui/cx.ts";
import { Tag } from "../../ui/Tag.tsx";
import { PersonCard } from "./PersonCard.tsx";
import { kindOf, nameOf, tagOf } from "./person.ts";
import "./PersonItem.css";
import { shownPresence } from "./presence.ts";

export interface PersonItemProps {
  person: User;
  presence?: PresenceState | undefined;
  /** The second line. */
  text: ReactNode;
  /** What a click on the person does: more about them. Left out: a card opens. */
  onOpen?: () => void;
  /** Whether more about them is shown at the moment. */
  open?: boolean;
  /** Buttons. `wide`: with words, so that they need a line of their own on a narrow screen. */
  actions: ReactNode;
  wide?: boolean;
}

/** Somebody in a card of people. */
export function PersonItem({ person, presence, text, onOpen, open = false, actions, wide = false }: PersonItemProps) {
  const name = nameOf(person);
  const { id, profileImage } = person;
  const face = (
    <>
      <Avatar
        id={id}
        name={name}
        src={profileImage}
        size={44}
        kind={kindOf(person)}
        presence={shownPresence(presence)}
      />
      <span className="person-item__words">
        <span className="person-item__name">
          <bdi className="ellipsis">{name}</bdi>
          {tagOf(person) && <Tag>{tagOf(person)}</Tag>}
        </span>
        <span className="person-item__text ellipsis">{text}</span>
      </span>
    </>
  );
  return (
    <li className={cx("person-item", wide && "person-item--wide", open && "person-item--open")}>
      {onOpen ? (
        <button type="button" className="person-item__face" onClick={onOpen} aria-expanded={open}>
          {face}
        </button>
      ) : (
        <PersonCard userId={id} name={name}>
          <button type="button" className="person-item__face">
            {face}
          </button>
        </PersonCard>
      )}
      <div className="person-item__actions">{actions}</div>
    </li>
  );
}
