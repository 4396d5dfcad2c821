import { Search } from "lucide-react";
import { useRef, useState } from "react";
import { t } from "../../text/groups.ts";
import { refusal } from "../../text/refusal.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { numberText } from "../../ui/number.ts";
import { SearchInput } from "../../ui/SearchInput.tsx";
import { ActButton } from "../profile/ActButton.tsx";
import type { GroupActs } from "./groupActs.ts";
import { MemberRow } from "./MemberRow.tsx";
import { invitedCount, type Roster } from "./roster.ts";
import { useFoundMembers } from "./useFoundMembers.ts";
import "./Members.css";

interface MembersProps {
  roster: Roster;
  acts: GroupActs;
  more: () => Promise<void>;
}

/** Who is in a group, owners first, and who is invited; by name, if one looks for somebody. */
export function Members({ roster, acts, more }: MembersProps) {
  const [query, setQuery] = useState<string>();
  const button = useRef<HTMLButtonElement>(null);
  const sought = query?.trim() ?? "";
  const title = titleOf(roster);
  return (
    <section className="group-block" aria-label={title}>
      <header className="group-block__head">
        <h4 className="group-block__title">{title}</h4>
        <IconButton
          size="sm"
          icon={Search}
          label={t.groups.searchMembers}
          ref={button}
          aria-expanded={query !== undefined}
          active={query !== undefined}
          onClick={() => setQuery(query === undefined ? "" : undefined)}
        />
      </header>
      {query !== undefined && (
        <div className="group-block__search">
          <SearchInput
            autoFocus
            value={query}
            onChange={setQuery}
            placeholder={t.groups.searchMembers}
            maxLength={64}
            onKeyDown={(event) => {
              if (event.key !== "Escape" || query !== "") return;
              event.stopPropagation();
              setQuery(undefined);
              button.current?.focus();
            }}
          />
        </div>
      )}
      {sought === "" ? (
        <ul>
          {roster.members.map((member) => (
            <MemberRow key={member.user.id} member={member} roster={roster} acts={acts} />
          ))}
        </ul>
      ) : (
        <Found roster={roster} acts={acts} query={sought} />
      )}
      {sought === "" && roster.nextCursor && (
        <ActButton kind="quiet" block act={more}>
          {t.groups.showMore}
        </ActButton>
      )}
    </section>
  );
}

function Found({ roster, acts, query }: Omit<MembersProps, "more"> & { query: string }) {
  const found = useFoundMembers(roster, query);
  if (found === undefined) return null;
  const inside = found.members.filter(({ status }) => status !== "requested");
  if (inside.length === 0) {
    const text = found.error === undefined ? t.groups.noMember : refusal(found.error);
    return (
      <p className="group-block__text" role="status">
        {text}
      </p>
    );
  }
  return (
    <ul>
      {inside.map((member) => (
        <MemberRow key={member.user.id} member={member} roster={roster} acts={acts} />
      ))}
    </ul>
  );
}

/** *8 members, 1 invited* */
function titleOf(roster: Roster): string {
  const members = t.conversation.members(numberText(roster.group.memberCount));
  const invited = invitedCount(roster);
  return invited ? t.groups.membersAndInvited(members, numberText(invited)) : members;
}
