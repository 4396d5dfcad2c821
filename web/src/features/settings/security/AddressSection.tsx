import { Mail, Phone } from "lucide-react";
import { useState } from "react";
import { t } from "../../../text/index.ts";
import { Button } from "../../../ui/Button.tsx";
import { Card } from "../../../ui/Card.tsx";
import { Chip } from "../../../ui/Chip.tsx";
import type { Channel } from "../../auth/flow.ts";
import { AddressDialog } from "./AddressDialog.tsx";
import { IconRow, Section } from "./Section.tsx";
import { useMe } from "./useMe.ts";

/** Where codes and notices go, and what one may sign in with. */
export function AddressSection() {
  const me = useMe();
  const [open, setOpen] = useState<Channel>();
  const words = t.auth.security;
  return (
    <Section title={words.addresses} text={words.addressesText}>
      <Card>
        <AddressRow kind="email" address={me?.email} confirmed={me?.emailVerified} onChange={() => setOpen("email")} />
        <AddressRow
          kind="sms"
          address={me?.phoneNumber}
          confirmed={me?.phoneVerified}
          onChange={() => setOpen("sms")}
        />
      </Card>
      {open && <AddressDialog kind={open} onClose={() => setOpen(undefined)} />}
    </Section>
  );
}

interface AddressRowProps {
  kind: Channel;
  address: string | undefined;
  confirmed: boolean | undefined;
  onChange: () => void;
}

function AddressRow({ kind, address, confirmed, onChange }: AddressRowProps) {
  const words = t.auth.security;
  const email = kind === "email";
  return (
    <IconRow
      icon={email ? Mail : Phone}
      title={
        <>
          {email ? words.email : words.phone}
          {address !== undefined && confirmed === false && <Chip>{words.unconfirmed}</Chip>}
        </>
      }
      text={address === undefined ? words.none : <bdi dir="ltr">{address}</bdi>}
      control={
        <Button size="sm" onClick={onChange} aria-label={email ? words.changeEmail : words.changePhone}>
          {address === undefined ? words.add : words.change}
        </Button>
      }
    />
  );
}
