import { t } from "../../text/settings.ts";
import { Card } from "../../ui/Card.tsx";
import { SettingRow } from "../../ui/SettingRow.tsx";
import { Switch } from "../../ui/Switch.tsx";
import { LevelMenu } from "../profile/LevelMenu.tsx";
import { Section } from "../profile/Page.tsx";
import { FACTS } from "../profile/privacy.ts";
import { usePrivacy } from "../profile/usePrivacy.ts";

/** Who may see what of oneself, and what one gives to see others' in chats. */
export function PrivacySettings() {
  const choices = usePrivacy();
  if (choices === undefined) return null;
  const { privacy, change } = choices;
  return (
    <>
      <Section title={t.settings.whoCanSee} text={t.settings.whoCanSeeText}>
        <Card>
          {FACTS.map((fact) => {
            const what = t.settings.facts[fact];
            const choose = (level: (typeof privacy)[typeof fact]) => change({ [fact]: level });
            return (
              <SettingRow
                key={fact}
                title={what}
                control={<LevelMenu kind="box" what={what} value={privacy[fact]} onChange={choose} />}
              />
            );
          })}
        </Card>
      </Section>
      <Section title={t.settings.inChats}>
        <Card>
          <Switch
            label={t.settings.readReceipts}
            description={t.settings.readReceiptsText}
            checked={privacy.readReceipts}
            onChange={(readReceipts) => change({ readReceipts })}
          />
          <Switch
            label={t.settings.ghostTyping}
            description={t.settings.ghostTypingText}
            checked={privacy.ghostTyping}
            onChange={(ghostTyping) => change({ ghostTyping })}
          />
        </Card>
      </Section>
    </>
  );
}
