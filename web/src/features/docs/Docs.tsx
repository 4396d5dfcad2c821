import { guides as files } from "virtual:chatr-guides";
import { ArrowLeft, BookX } from "lucide-react";
import { type RefObject, useEffect, useMemo, useRef } from "react";
import { Link, useLocation } from "wouter";
import { NARROW, useMedia } from "../../app/useMedia.ts";
import { t } from "../../text/developer.ts";
import { Button } from "../../ui/Button.tsx";
import { Empty } from "../../ui/Empty.tsx";
import { IconButton } from "../../ui/IconButton.tsx";
import { Mark } from "../../ui/Mark.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import "./Docs.css";
import { DocsNav } from "./DocsNav.tsx";
import { DocsSearch } from "./DocsSearch.tsx";
import { ErrorsPage } from "./ErrorsPage.tsx";
import { EventPage } from "./EventPage.tsx";
import { GuidePage } from "./GuidePage.tsx";
import { HomePage } from "./HomePage.tsx";
import { Landmark, useInside } from "./Landmark.tsx";
import { LinksContext, makeLinks } from "./links.ts";
import { OperationPage } from "./OperationPage.tsx";
import { type DocsPlace, docsPath, docsPlace } from "./places.ts";
import { index } from "./search.ts";
import { TypePage, TypesPage } from "./TypePage.tsx";
import { type Loaded, useReference } from "./useReference.ts";

/** The README has the name of the whole as its title. */
const guides = files.map((guide) => (guide.id === "start" ? { ...guide, title: t.developer.start } : guide));

/** The guides, and the reference of what the server can do. */
export default function Docs() {
  const [path] = useLocation();
  const narrow = useMedia(NARROW);
  const loaded = useReference();
  const reference = loaded.kind === "loaded" ? loaded.reference : undefined;
  const links = useMemo(() => makeLinks(guides, reference), [reference]);
  const entries = useMemo(() => index(guides, reference), [reference]);
  const place = docsPlace(path);
  const atList = narrow && place.kind === "home";
  return (
    <LinksContext value={links}>
      <div className="docs">
        {(!narrow || atList) && (
          <section className="docs__side" aria-label={t.developer.documentation}>
            <SideHead first={atList} />
            <DocsSearch entries={entries}>
              <DocsNav place={place} guides={guides} reference={reference} />
            </DocsSearch>
          </section>
        )}
        {!atList && <Reader place={place} loaded={loaded} narrow={narrow} />}
      </div>
    </LinksContext>
  );
}

/** `first`: it is the title of the page. In the frame of who is signed in the mark is there already. */
function SideHead({ first }: { first: boolean }) {
  const inside = useInside();
  const title = <Link href="/docs">{t.developer.docs}</Link>;
  return (
    <header className="docs__bar">
      {!inside && (
        <Link href="/" aria-label="Chatr">
          <Mark size={26} />
        </Link>
      )}
      {first ? <h1 className="docs__title">{title}</h1> : <span className="docs__title">{title}</span>}
    </header>
  );
}

interface ReaderProps {
  place: DocsPlace;
  loaded: Loaded;
  narrow: boolean;
}

function Reader({ place, loaded, narrow }: ReaderProps) {
  const scroll = useRef<HTMLDivElement>(null);
  const [, navigate] = useLocation();
  const path = docsPath(place);
  useScrolling(scroll, path, loaded.kind === "loaded");
  return (
    <Landmark className="docs__main">
      <div className="docs__scroll docs__reader" ref={scroll}>
        {narrow && (
          <header className="docs__bar docs__bar--back">
            <IconButton icon={ArrowLeft} label={t.common.back} onClick={() => navigate("/docs")} />
            <span className="docs__title">{t.developer.docs}</span>
          </header>
        )}
        <Page place={place} loaded={loaded} />
      </div>
    </Landmark>
  );
}

/** A page begins at its top, or at the heading that its address names. */
function useScrolling(scroll: RefObject<HTMLElement | null>, path: string, loaded: boolean): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page, or a page that is there now, begins anew.
  useEffect(() => {
    const heading = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
    if (heading) heading.scrollIntoView();
    else scroll.current?.scrollTo(0, 0);
    // What was clicked is gone where there is one pane at a time: go on from the title.
    if (document.activeElement === document.body) scroll.current?.querySelector("h1")?.focus({ preventScroll: true });
  }, [scroll, path, loaded]);
}

function Page({ place, loaded }: { place: DocsPlace; loaded: Loaded }) {
  const reference = loaded.kind === "loaded" ? loaded.reference : undefined;
  if (place.kind === "home") return <HomePage guides={guides} reference={reference} />;
  if (place.kind === "guide") {
    const guide = guides.find(({ id }) => id === place.id);
    return guide ? <GuidePage guide={guide} /> : <NotHere />;
  }
  if (loaded.kind === "loading") return <Skeleton rows={6} />;
  if (reference === undefined) return <Failed loaded={loaded} />;
  switch (place.kind) {
    case "operation": {
      const operation = reference.operations.find(({ name }) => name === place.name);
      return operation ? <OperationPage operation={operation} schemas={reference.schemas} /> : <NotHere />;
    }
    case "event": {
      const topic = reference.topics.find(({ name }) => name === place.name);
      return topic ? <EventPage topic={topic} schemas={reference.schemas} /> : <NotHere />;
    }
    case "type":
      return place.name in reference.schemas ? <TypePage name={place.name} reference={reference} /> : <NotHere />;
    case "types":
      return <TypesPage reference={reference} />;
    case "errors":
      return <ErrorsPage reference={reference} />;
  }
}

function Failed({ loaded }: { loaded: Loaded }) {
  const retry = loaded.kind === "failed" && <Button onClick={loaded.retry}>{t.common.retry}</Button>;
  return <Empty icon={BookX} title={t.developer.noReference} text={t.developer.noReferenceText} action={retry} />;
}

function NotHere() {
  return <Empty icon={BookX} title={t.developer.notHere} action={<Link href="/docs">{t.developer.toDocs}</Link>} />;
}
