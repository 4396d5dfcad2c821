import { ArrowLeft } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useLocation } from "wouter";
import { NARROW, useMedia } from "../../app/useMedia.ts";
import { t } from "../../text/settings.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { Page } from "../profile/Page.tsx";
import { AboutSettings } from "./AboutSettings.tsx";
import { AccountSettings } from "./AccountSettings.tsx";
import { AppearanceSettings } from "./AppearanceSettings.tsx";
import { NotificationSettings } from "./NotificationSettings.tsx";
import { PrivacySettings } from "./PrivacySettings.tsx";
import { SectionList } from "./SectionList.tsx";
import { SecuritySettings } from "./SecuritySettings.tsx";
import "./SettingsPage.css";
import { StorageSettings } from "./StorageSettings.tsx";
import { type SectionName, sectionOf } from "./sections.ts";

/** The list of the settings and one page of them: side by side, or one after the other where there is no room. */
export default function SettingsPage() {
  const [path, navigate] = useLocation();
  const narrow = useMedia(NARROW);
  const section = sectionOf(path) ?? (narrow ? undefined : "appearance");
  const left = useLast(section);
  const back = <IconButton icon={ArrowLeft} label={t.settings.backToSettings} onClick={() => navigate("/settings")} />;
  return (
    <div className="settings">
      {(!narrow || section === undefined) && <SectionList current={section} focus={narrow ? left : undefined} />}
      {section !== undefined && (
        <div className="settings__page" key={section}>
          <Page title={t.settings[section]} back={narrow && back} focusTitle={narrow}>
            {bodyOf(section)}
          </Page>
        </div>
      )}
    </div>
  );
}

function bodyOf(section: SectionName): ReactNode {
  switch (section) {
    case "appearance":
      return <AppearanceSettings />;
    case "notifications":
      return <NotificationSettings />;
    case "privacy":
      return <PrivacySettings />;
    case "security":
      return <SecuritySettings />;
    case "storage":
      return <StorageSettings />;
    case "account":
      return <AccountSettings />;
    case "about":
      return <AboutSettings />;
  }
}

/** The page that was shown last: who comes back from it goes on from there. */
function useLast(section: SectionName | undefined): SectionName | undefined {
  const [last, setLast] = useState(section);
  useEffect(() => {
    if (section !== undefined) setLast(section);
  }, [section]);
  return last;
}
