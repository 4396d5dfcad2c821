import type { ReactNode } from "react";
import { Link } from "wouter";
import { t } from "../../text/developer.ts";
import { cx } from "../../ui/cx.ts";
import { areaWord, byArea } from "./areas.ts";
import { type Guide, isInside } from "./guides.ts";
import { type DocsPlace, docsPath } from "./places.ts";
import type { Reference } from "./reference.ts";
import "./DocsNav.css";

export interface DocsNavProps {
  place: DocsPlace;
  guides: readonly Guide[];
  reference: Reference | undefined;
}

/** All pages. */
export function DocsNav({ place, guides, reference }: DocsNavProps) {
  const current = docsPath(place);
  const guide = (each: Guide) => (
    <Entry key={each.id} to={{ kind: "guide", id: each.id }} current={current}>
      {each.title}
    </Entry>
  );
  return (
    <nav className="docs-nav" aria-label={t.developer.documentation}>
      <h2>{t.developer.guides}</h2>
      {guides.filter((each) => !isInside(each)).map(guide)}
      <h2>{t.developer.reference}</h2>
      <Entry to={{ kind: "errors" }} current={current}>
        {t.developer.errorCodes}
      </Entry>
      <Entry to={{ kind: "types" }} current={place.kind === "type" ? docsPath({ kind: "types" }) : current}>
        {t.developer.types}
      </Entry>
      {reference && <Operations reference={reference} current={current} />}
      <h2>{t.developer.inside}</h2>
      {guides.filter(isInside).map(guide)}
    </nav>
  );
}

function Operations({ reference, current }: { reference: Reference; current: string }) {
  return (
    <>
      {byArea(reference.operations).map(([area, operations]) => (
        <div key={area} className="docs-nav__area">
          <h2>{areaWord(area)}</h2>
          {operations.map(({ name, verb }) => (
            <Entry key={name} to={{ kind: "operation", name }} current={current} mark={SHORT[verb] ?? verb}>
              {name}
            </Entry>
          ))}
        </div>
      ))}
      <h2>{t.developer.events}</h2>
      {reference.topics.map(({ name }) => (
        <Entry key={name} to={{ kind: "event", name }} current={current} mark="EVENT">
          {name}
        </Entry>
      ))}
    </>
  );
}

const SHORT: Record<string, string> = { DELETE: "DEL" };

interface EntryProps {
  to: DocsPlace;
  current: string;
  /** The verb, or that it is an event. */
  mark?: string;
  children: ReactNode;
}

function Entry({ to, current, mark, children }: EntryProps) {
  const path = docsPath(to);
  const on = path === current;
  return (
    <Link
      href={path}
      className={cx("docs-nav__entry", on && "docs-nav__entry--on")}
      aria-current={on ? "page" : undefined}
    >
      {mark !== undefined && <span className="docs-nav__mark">{mark}</span>}
      <span className="ellipsis">{children}</span>
    </Link>
  );
}
