import { X } from "lucide-react";
import { type KeyboardEvent, useMemo } from "react";
import type { User } from "../../api/types.ts";
import { t } from "../../text/groups.ts";
import { Chip } from "../../ui/Chip.tsx";
import { PeopleBox } from "../chats/pick/PeopleBox.tsx";
import { nameOf } from "../profile/person.ts";
import "./PeoplePicker.css";

export interface PeoplePickerProps {
  picked: readonly User[];
  onChange: (picked: readonly User[]) => void;
  /** Who is not offered, as who is in the group. */
  without?: ReadonlySet<string>;
  /** With whom it does not go. */
  refused: ReadonlySet<string>;
}

/** Several people: those picked stand above the field, where a click takes them out; Backspace the last one. */
export function PeoplePicker({ picked, onChange, without, refused }: PeoplePickerProps) {
  const hidden = useMemo(
    () => new Set([...(without ?? []), ...picked.map(({ id }) => id)]) as ReadonlySet<string>,
    [without, picked],
  );
  const backspace = ({ key, target }: KeyboardEvent) => {
    if (key === "Backspace" && target instanceof HTMLInputElement && target.value === "") onChange(picked.slice(0, -1));
  };
  return (
    <fieldset className="people-picker" aria-label={t.groups.people} onKeyDown={backspace}>
      {picked.length > 0 && (
        <ul className="people-picker__picked" aria-label={t.groups.pickedPeople}>
          {picked.map((person) => (
            <li key={person.id}>
              <Chip
                kind={refused.has(person.id) ? "bad" : "accent"}
                icon={X}
                label={t.groups.unpick(nameOf(person))}
                onClick={() => onChange(picked.filter(({ id }) => id !== person.id))}
              >
                <bdi className="ellipsis">{nameOf(person)}</bdi>
              </Chip>
            </li>
          ))}
        </ul>
      )}
      <PeopleBox label={t.groups.addPeople} without={hidden} onPick={(person) => onChange([...picked, person])} />
    </fieldset>
  );
}
