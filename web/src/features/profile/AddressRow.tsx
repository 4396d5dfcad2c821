import { Check, CircleAlert, Pencil } from "lucide-react";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { t } from "../../text/people.ts";
import { Chip } from "../../ui/Chip.tsx";
import { IconButton } from "../../ui/IconButton.tsx";
import { FactRow } from "./FactRow.tsx";

export interface AddressRowProps {
  name: string;
  value: string | undefined;
  confirmed: boolean;
  /** The choice who may see it. */
  level: ReactNode;
}

/** An address. It is changed among the settings of security, which ask for the password and send a code. */
export function AddressRow({ name, value = "", confirmed, level }: AddressRowProps) {
  const [, navigate] = useLocation();
  const chips = (
    <>
      <Chip kind={confirmed ? "good" : "plain"} icon={confirmed ? Check : CircleAlert}>
        {confirmed ? t.people.confirmed : t.people.notConfirmed}
      </Chip>
      {level}
    </>
  );
  return (
    <FactRow
      name={name}
      value={value}
      chips={value === "" ? undefined : chips}
      control={
        <IconButton
          icon={Pencil}
          label={value === "" ? t.people.add(name) : t.people.change(name)}
          onClick={() => navigate("/settings/security")}
        />
      }
    />
  );
}
