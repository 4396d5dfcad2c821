import { Pencil } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { t } from "../../text/people.ts";
import { IconButton } from "../../ui/IconButton.tsx";

export interface FactRowProps {
  name: string;
  /** Empty: it is not given. */
  value: string;
  /** Who may see it, and whether it is confirmed. */
  chips?: ReactNode;
  /** The button at the end. */
  control?: ReactNode;
}

/** Something about oneself: what it is, what it says, who may see it. */
export function FactRow({ name, value, chips, control }: FactRowProps) {
  return (
    <div className="fact-row">
      <div className="fact-row__words">
        <div className="fact-row__name">{name}</div>
        <div className={value === "" ? "fact-row__value fact-row__value--none" : "fact-row__value"} dir="auto">
          {value === "" ? t.people.notGiven : value}
        </div>
      </div>
      {chips && <div className="fact-row__chips">{chips}</div>}
      {control}
    </div>
  );
}

export interface EditableRowProps extends Omit<FactRowProps, "control"> {
  /** What stands in the place of the row while it is edited. */
  form: (done: () => void) => ReactNode;
}

/** A fact that turns into a form. The focus goes back to the button. */
export function EditableRow({ form, ...fact }: EditableRowProps) {
  const [editing, setEditing] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const edited = useRef(false);
  useEffect(() => {
    if (!editing && edited.current) button.current?.focus();
    edited.current = editing;
  }, [editing]);
  if (editing) return form(() => setEditing(false));
  return (
    <FactRow
      {...fact}
      control={
        <IconButton icon={Pencil} label={t.people.edit(fact.name)} ref={button} onClick={() => setEditing(true)} />
      }
    />
  );
}
