import { CalendarDays, Copy, type LucideIcon, Mail, Phone, UserRound } from "lucide-react";
import type { PersonRow } from "../../db/schema.ts";
import { t } from "../../text/people.ts";
import { copyText } from "../../ui/copy.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { toast } from "../../ui/toast.tsx";
import { useNow } from "../../ui/useNow.ts";
import { fullNameOf } from "./person.ts";
import { monthText } from "./presence.ts";

interface Fact {
  icon: LucideIcon;
  name: string;
  value: string;
  /** Names the button that copies it. */
  copy?: string;
}

/** What somebody shows the viewer. What they do not show is not there. */
export function PersonFacts({ person }: { person: PersonRow }) {
  const facts = factsOf(person, useNow());
  if (facts.length === 0) return null;
  return (
    <ul className="person-block">
      {facts.map(({ icon: Icon, name, value, copy }) => (
        <li className="person-fact" key={name}>
          <Icon />
          <span className="person-fact__value" dir="auto">
            {value}
          </span>
          <span className="person-fact__name">{name}</span>
          {copy !== undefined && <IconButton size="sm" icon={Copy} label={copy} onClick={() => void copied(value)} />}
        </li>
      ))}
    </ul>
  );
}

function factsOf(person: PersonRow, now: number): Fact[] {
  const { email, phoneNumber, gender, createdAt } = person;
  const fullName = fullNameOf(person);
  const facts: Fact[] = [];
  if (fullName !== "") facts.push({ icon: UserRound, name: t.people.fullName, value: fullName });
  if (email) facts.push({ icon: Mail, name: t.people.email, value: email, copy: t.people.copyEmail });
  if (phoneNumber) facts.push({ icon: Phone, name: t.people.phone, value: phoneNumber, copy: t.people.copyPhone });
  if (gender) facts.push({ icon: UserRound, name: t.people.gender, value: t.people.genders[gender] ?? gender });
  if (createdAt) facts.push({ icon: CalendarDays, name: t.people.joined, value: monthText(createdAt, now, true) });
  return facts;
}

async function copied(value: string): Promise<void> {
  await copyText(value);
  toast(t.common.copied);
}
