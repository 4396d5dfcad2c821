import { Mail, Phone } from "lucide-react";
import { useState } from "react";
import type { Me } from "../../../api/types.ts";
import { t } from "../../../text/auth.ts";
import { Button } from "../../../ui/Button.tsx";
import { Card } from "../../../ui/Card.tsx";
import { Chip } from "../../../ui/Chip.tsx";
import type { Channel } from "../../auth/flow.ts";
import { Section } from "../../profile/Page.tsx";
import { useMe } from "../../profile/useMe.ts";
import { AddressDialog } from "./AddressDialog.tsx";
import { IconRow } from "./IconRow.tsx";

/** Where codes and notices go, and what one may sign in with. */
export function AddressSection() {
  const me = useMe();
  const [open, setOpen] = useState<Channel>();
  const words = t.auth.security;
  return (
    <Section title={words.addresses} text={words.addressesText}>
      <Card>
        <AddressRow
          kind="email"
          address={addressOf(me, "email")}
          confirmed={me?.emailVerified}
          onChange={() => setOpen("email")}
        />
        <AddressRow
          kind="sms"
          address={addressOf(me, "sms")}
          confirmed={me?.phoneVerified}
          onChange={() => setOpen("sms")}
        />
      </Card>
      {open && (
        <AddressDialog kind={open} adding={addressOf(me, open) === undefined} onClose={() => setOpen(undefined)} />
      )}
    </Section>
  );
}

function addressOf(me: Me | undefined, kind: Channel): string | undefined {
  return kind === "email" ? me?.email : me?.phoneNumber;
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
  const change = email ? words.changeEmail : words.changePhone;
  const add = email ? words.addEmail : words.addPhone;
  return (
    <IconRow
      icon={email ? Mail : Phone}
      title={
        <>
          {email ? words.email : words.phone}
          {address !== undefined && confirmed === false && <Chip>{words.unconfirmed}</Chip>}
        </>
      }
      text={address === undefined ? words.none : <Address text={address} />}
      control={
        <Button size="sm" onClick={onChange} aria-label={address === undefined ? add : change}>
          {address === undefined ? words.add : words.change}
        </Button>
      }
    />
  );
}

function Address({ text }: { text: string }) {
  return (
    <bdi dir="ltr" className="security__address ellipsis" title={text}>
      {text}
    </bdi>
  );
}
