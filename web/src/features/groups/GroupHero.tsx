import { t } from "../../text/groups.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import "../profile/PersonHero.css";
import "./GroupHero.css";
import { numberText } from "../../ui/number.ts";

interface GroupHeroProps {
  id: string;
  name: string;
  description?: string;
  memberCount?: number;
}

/** What a group is called, how many it has, and what it is about. */
export function GroupHero({ id, name, description, memberCount }: GroupHeroProps) {
  const title = name || t.chats.untitled;
  return (
    <div className="person-hero">
      <Avatar id={id} name={title} size={92} kind="group" />
      <h3 className="person-hero__name">
        <bdi>{title}</bdi>
      </h3>
      {memberCount !== undefined && (
        <p className="person-hero__text">{t.conversation.members(numberText(memberCount))}</p>
      )}
      {description && (
        <p className="group-hero__description" dir="auto">
          {description}
        </p>
      )}
    </div>
  );
}
