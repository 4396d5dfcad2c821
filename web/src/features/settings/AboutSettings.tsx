import { version } from "virtual:chatr-routes";
import { useLocation } from "wouter";
import { usePanes } from "../../app/panes.ts";
import { t } from "../../text/settings.ts";
import { Button } from "../../ui/Button.tsx";
import { Card } from "../../ui/Card.tsx";
import { Mark } from "../../ui/Mark.tsx";
import { SettingRow } from "../../ui/SettingRow.tsx";
import { Section } from "../profile/Page.tsx";
import "./AboutSettings.css";
import { LICENCES } from "./licences.ts";

export function AboutSettings() {
  const [, navigate] = useLocation();
  return (
    <>
      <div className="about">
        <Mark size={44} />
        <div>
          <div className="about__name">Chatr</div>
          <div className="about__version">{t.settings.version(version)}</div>
        </div>
      </div>
      <Card>
        <SettingRow
          title={t.settings.docs}
          text={t.settings.docsText}
          control={
            <Button size="sm" onClick={() => navigate("/docs")}>
              {t.settings.read}
            </Button>
          }
        />
        <SettingRow
          title={t.settings.shortcuts}
          text={t.settings.shortcutsText}
          control={
            <Button size="sm" onClick={() => usePanes.setState({ shortcuts: true })}>
              {t.settings.show}
            </Button>
          }
        />
      </Card>
      <Section title={t.settings.licence} text={t.settings.licenceText}>
        <Card pad>
          <dl className="about__licences">
            {Object.entries(LICENCES).map(([name, licence]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{licence}</dd>
              </div>
            ))}
          </dl>
        </Card>
      </Section>
    </>
  );
}
