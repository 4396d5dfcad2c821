import { Pencil } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { UserUpdateParams } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/people.ts";
import { refusal } from "../../text/refusal.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { Menu } from "../../ui/Menu.tsx";
import { toast } from "../../ui/toast.tsx";
import { FactRow } from "./FactRow.tsx";

type Gender = NonNullable<UserUpdateParams["gender"]>;

const GENDERS: readonly Gender[] = ["female", "male", "non-binary", "prefer-not-to-say", ""];

/** The gender: one of a few, chosen at once. */
export function GenderRow({ gender, level }: { gender: string; level: ReactNode }) {
  const engine = useEngine();
  const [wish, setWish] = useState<Gender>();
  const shown = wish ?? gender;
  const choose = async (chosen: Gender) => {
    setWish(chosen);
    try {
      await engine.call("user.update", { gender: chosen });
    } catch (error) {
      toast(refusal(error));
    }
    setWish(undefined);
  };
  return (
    <FactRow
      name={t.people.gender}
      value={labelOf(shown)}
      chips={shown === "" ? undefined : level}
      control={
        <Menu
          trigger={<IconButton icon={Pencil} label={t.people.edit(t.people.gender)} />}
          items={GENDERS.map((each) => ({
            label: each === "" ? t.people.notGiven : labelOf(each),
            checked: each === shown,
            onSelect: () => void choose(each),
          }))}
        />
      }
    />
  );
}

function labelOf(gender: string): string {
  return t.people.genders[gender] ?? gender;
}
