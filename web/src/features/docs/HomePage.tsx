import { ArrowRight, Braces, Plug, Workflow } from "lucide-react";
import { Link } from "wouter";
import { t } from "../../text/developer.ts";
import { type Guide, isInside } from "./guides.ts";
import { docsPath } from "./places.ts";
import type { Reference } from "./reference.ts";
import "./HomePage.css";

/** Where to begin. */
export function HomePage({ guides, reference }: { guides: readonly Guide[]; reference: Reference | undefined }) {
  return (
    <div className="docs-page">
      <article className="prose">
        <header className="docs-page__head">
          <h1 tabIndex={-1}>{t.developer.home}</h1>
          <p className="prose__lead">{t.developer.homeText}</p>
        </header>
        <ul className="docs-home">
          {guides
            .filter((guide) => !isInside(guide))
            .map((guide) => (
              <li key={guide.id}>
                <Link href={docsPath({ kind: "guide", id: guide.id })} className="docs-home__guide">
                  <span>{guide.title}</span>
                  <ArrowRight />
                </Link>
              </li>
            ))}
        </ul>
        <div className="docs-home__doors">
          <Door icon={Braces} title={t.developer.rest} text={t.developer.restText} />
          <Door icon={Plug} title={t.developer.wamp} text={t.developer.wampText} />
        </div>
        <p className="docs-home__machines">
          <Workflow />
          <b>{t.developer.machines}</b>
          <a href="/api/openapi.json">{t.developer.openapi}</a>
          <a href="/api/wamp.json">{t.developer.wampJson}</a>
          {reference && <span>{t.developer.count(reference.operations.length, reference.topics.length)}</span>}
        </p>
      </article>
    </div>
  );
}

function Door({ icon: Icon, title, text }: { icon: typeof Plug; title: string; text: string }) {
  return (
    <section className="docs-home__door">
      <h2>
        <Icon />
        {title}
      </h2>
      <p>{text}</p>
    </section>
  );
}
