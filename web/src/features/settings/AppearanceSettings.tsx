import type { ReactNode } from "react";
import { locale } from "../../text/index.ts";
import { t } from "../../text/settings.ts";
import { ACCENTS, setAppearance, type Theme, useAppearance } from "../../theme/appearance.ts";
import { Card } from "../../ui/Card.tsx";
import { SettingRow } from "../../ui/SettingRow.tsx";
import { Switch } from "../../ui/Switch.tsx";
import { useNow } from "../../ui/useNow.ts";
import { Section } from "../profile/Page.tsx";
import "./AppearanceSettings.css";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

export function AppearanceSettings() {
  const { theme, accent, playNext } = useAppearance();
  return (
    <>
      <Section title={t.settings.theme}>
        <Card pad>
          <fieldset className="themes" aria-label={t.settings.theme}>
            {THEMES.map((each) => (
              <Choice
                key={each}
                kind="themes__theme"
                group="theme"
                on={each === theme}
                onChoose={() => setAppearance({ theme: each })}
                picture={<ThemePicture theme={each} />}
                name={t.settings.themes[each]}
              />
            ))}
          </fieldset>
        </Card>
      </Section>
      <Section title={t.settings.accent}>
        <Card pad>
          <fieldset className="accents" aria-label={t.settings.accent}>
            {ACCENTS.map((each) => (
              <Choice
                key={each}
                kind="accents__accent"
                group="accent"
                on={each === accent}
                onChoose={() => setAppearance({ accent: each })}
                picture={<span className="accents__swatch" data-accent={each} />}
                name={t.settings.accents[each]}
              />
            ))}
          </fieldset>
        </Card>
      </Section>
      <Section title={t.settings.listening}>
        <Card>
          <Switch
            label={t.settings.playNext}
            checked={playNext}
            onChange={(next) => setAppearance({ playNext: next })}
          />
        </Card>
      </Section>
      <Language />
    </>
  );
}

interface ChoiceProps {
  kind: "themes__theme" | "accents__accent";
  /** Of one group one is chosen. */
  group: string;
  on: boolean;
  onChoose: () => void;
  picture: ReactNode;
  name: string;
}

function Choice({ kind, group, on, onChoose, picture, name }: ChoiceProps) {
  return (
    <label className={kind}>
      <input type="radio" className="visually-hidden" name={group} checked={on} onChange={onChoose} />
      {picture}
      {name}
    </label>
  );
}

/** A window as small as a stamp; of both themes where the system decides. */
function ThemePicture({ theme }: { theme: Theme }) {
  const halves: readonly ("light" | "dark")[] = theme === "system" ? ["light", "dark"] : [theme];
  return (
    <span className="themes__picture" aria-hidden="true">
      {halves.map((scheme) => (
        <span className="themes__half" data-scheme={scheme} key={scheme}>
          <span className="themes__list" />
          <span className="themes__in" />
          <span className="themes__out" />
        </span>
      ))}
    </span>
  );
}

function Language() {
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "full" }).format(useNow());
  return (
    <Section title={t.settings.language}>
      <Card>
        <SettingRow title={t.settings.languageName} text={t.settings.languageText(day)} />
      </Card>
    </Section>
  );
}
