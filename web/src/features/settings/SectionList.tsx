import {
  Bell,
  CircleUserRound,
  Eye,
  HardDrive,
  Info,
  LogOut,
  type LucideIcon,
  Palette,
  ShieldCheck,
} from "lucide-react";
import { useEffect, useRef } from "react";
import { Link } from "wouter";
import { t } from "../../text/settings.ts";
import { cx } from "../../ui/cx.ts";
import "./SectionList.css";
import { pathOfSection, SECTIONS, type SectionName } from "./sections.ts";
import { useSignOut } from "./useSignOut.ts";

const icons: Readonly<Record<SectionName, LucideIcon>> = {
  appearance: Palette,
  notifications: Bell,
  privacy: Eye,
  security: ShieldCheck,
  storage: HardDrive,
  account: CircleUserRound,
  about: Info,
};

export interface SectionListProps {
  current: SectionName | undefined;
  /** Whose link takes the focus. */
  focus: SectionName | undefined;
}

export function SectionList({ current, focus }: SectionListProps) {
  const signOut = useSignOut();
  const last = useRef<HTMLAnchorElement>(null);
  useEffect(() => last.current?.focus(), []);
  return (
    <section className="section-list" aria-label={t.settings.title}>
      <header className="section-list__bar">
        {current === undefined ? <h1>{t.settings.title}</h1> : <h2>{t.settings.title}</h2>}
      </header>
      <nav className="section-list__links" aria-label={t.settings.sections}>
        {SECTIONS.map((section) => {
          const Icon = icons[section];
          return (
            <Link
              key={section}
              ref={section === focus ? last : undefined}
              to={pathOfSection(section)}
              className={cx("section-list__link", section === current && "section-list__link--on")}
              aria-current={section === current ? "page" : undefined}
            >
              <Icon />
              {t.settings[section]}
            </Link>
          );
        })}
        <button type="button" className="section-list__link section-list__link--out" onClick={() => void signOut()}>
          <LogOut />
          {t.settings.signOut}
        </button>
      </nav>
    </section>
  );
}
