import { useLocation } from "wouter";
import { t } from "../../text/settings.ts";
import { Button } from "../../ui/Button.tsx";
import { Card } from "../../ui/Card.tsx";
import { SettingRow } from "../../ui/SettingRow.tsx";
import { Section } from "../profile/Page.tsx";
import { Username } from "../profile/Username.tsx";
import { useMe } from "../profile/useMe.ts";
import { DeleteAccount } from "./SecurityDelete.tsx";
import { pathOfSection } from "./sections.ts";
import { useSignOut } from "./useSignOut.ts";

/** What the account is, and the ways out of it. */
export function AccountSettings() {
  const me = useMe();
  const [, navigate] = useLocation();
  const signOut = useSignOut();
  return (
    <>
      <Section title={t.settings.signIn}>
        <Card>
          <SettingRow title={t.settings.username} text={me && <Username username={me.username} />} />
          <SettingRow
            title={t.settings.emailAndPhone}
            text={t.settings.emailAndPhoneText}
            control={
              <Button size="sm" onClick={() => navigate(pathOfSection("security"))}>
                {t.settings.openSecurity}
              </Button>
            }
          />
        </Card>
      </Section>
      <Section title={t.settings.leave}>
        <Card>
          <SettingRow
            title={t.settings.signOut}
            text={t.settings.signOutRow}
            control={
              <Button size="sm" onClick={() => void signOut()}>
                {t.settings.signOut}
              </Button>
            }
          />
          <DeleteAccount />
        </Card>
      </Section>
    </>
  );
}
