import { Check, X } from "lucide-react";
import { t } from "../../text/groups.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { Time } from "../../ui/Time.tsx";
import { nameOf } from "../profile/person.ts";
import type { GroupActs } from "./groupActs.ts";
import { MemberFace } from "./MemberFace.tsx";
import type { Roster } from "./roster.ts";

/** Who wants to be in the group: let in, or not. */
export function JoinRequests({ roster, acts }: { roster: Roster; acts: GroupActs }) {
  const { requests } = roster;
  if (requests.length === 0) return null;
  const title = t.groups.requests(requests.length);
  return (
    <section className="group-block" aria-label={title}>
      <h4 className="group-block__title">{title}</h4>
      <ul>
        {requests.map((member) => {
          const name = nameOf(member.user);
          const asked = member.joinedAt && <Time at={member.joinedAt} style="relative" />;
          return (
            <li key={member.user.id} className="member-row">
              <MemberFace
                user={member.user}
                text={
                  <>
                    {t.groups.asked} {asked}
                  </>
                }
              />
              <IconButton size="sm" icon={X} label={t.groups.refuse(name)} onClick={() => void acts.turnAway(member)} />
              <IconButton
                size="sm"
                active
                icon={Check}
                label={t.groups.letIn(name)}
                onClick={() => void acts.letIn(member)}
              />
            </li>
          );
        })}
      </ul>
    </section>
  );
}
