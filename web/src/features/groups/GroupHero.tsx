import { t } from "../../text/groups.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import "../profile/PersonHero.css";
import { Cover } from "../profile/pictures/Cover.tsx";
import { PictureMenu } from "../profile/pictures/PictureMenu.tsx";
import "./GroupHero.css";
import { numberText } from "../../ui/number.ts";

interface GroupHeroProps {
  id: string;
  name: string;
  description?: string;
  memberCount?: number;
  profileImage?: string;
  coverImage?: string;
  /** Its pictures can be changed here. */
  changes?: boolean;
}

/** What a group is called, how many it has, and what it is about. */
export function GroupHero(props: GroupHeroProps) {
  const { id, name, description, memberCount, profileImage, coverImage, changes = false } = props;
  const title = name || t.chats.untitled;
  return (
    <div className="person-hero">
      <Cover src={coverImage} small />
      <div className="person-hero__face">
        <Avatar id={id} name={title} src={profileImage} size={92} kind="group" />
        {changes && (
          <PictureMenu
            look="round"
            of={[
              { place: { kind: "face", groupId: id }, has: profileImage !== undefined },
              { place: { kind: "cover", groupId: id }, has: coverImage !== undefined },
            ]}
          />
        )}
      </div>
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
