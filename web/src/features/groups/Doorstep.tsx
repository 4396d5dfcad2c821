import { DoorClosed } from "lucide-react";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import type { GroupInfo } from "../../api/types.ts";
import { t } from "../../text/groups.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import { Button } from "../../ui/Button.tsx";
import { numberText } from "../../ui/number.ts";
import { Skeleton } from "../../ui/Skeleton.tsx";
import "./Doorstep.css";

interface DoorstepProps {
  /** As whoever is outside sees it; none: there is nothing to see. */
  group?: GroupInfo;
  /** Left out: it is being asked. */
  title?: string;
  text?: string;
  /** What one can do; left out: go away. */
  children?: ReactNode;
}

/** Before a group that one is not in. */
export function Doorstep({ group, title, text, children }: DoorstepProps) {
  const [, navigate] = useLocation();
  return (
    <div className="doorstep">
      <div className="doorstep__card" aria-busy={title === undefined}>
        {title === undefined ? (
          <Skeleton rows={2} />
        ) : (
          <>
            {group === undefined ? (
              <span className="doorstep__icon">
                <DoorClosed aria-hidden="true" />
              </span>
            ) : (
              <Avatar id={group.id} name={group.name} src={group.profileImage} size={92} kind="group" />
            )}
            <h1 className="doorstep__title" dir="auto">
              {title}
            </h1>
            {group && <p className="doorstep__text">{t.conversation.members(numberText(group.memberCount))}</p>}
            {text && <p className="doorstep__text">{text}</p>}
            <div className="doorstep__acts">
              {children ?? (
                <Button block size="lg" onClick={() => navigate("/")}>
                  {t.groups.toChats}
                </Button>
              )}
            </div>
          </>
        )}
      </div>
    </div>
  );
}
