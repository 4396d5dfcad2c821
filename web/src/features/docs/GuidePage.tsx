import { t } from "../../text/developer.ts";
import { type Guide, isInside } from "./guides.ts";
import { Prose } from "./Prose.tsx";

/** One guide, with its headings beside it. */
export function GuidePage({ guide }: { guide: Guide }) {
  const parts = guide.blocks.filter((block) => block.kind === "heading" && block.level === 2);
  return (
    <div className="docs-page docs-page--samples">
      <article className="prose">
        <header className="docs-page__head">
          <div className="prose__kicker">{isInside(guide) ? t.developer.inside : t.developer.guides}</div>
          <h1 tabIndex={-1}>{guide.title}</h1>
        </header>
        <Prose blocks={guide.blocks} />
      </article>
      {parts.length > 1 && (
        <nav className="docs-parts" aria-label={guide.title}>
          {parts.map(
            (block) =>
              block.kind === "heading" && (
                <a key={block.id} href={`#${block.id}`}>
                  {block.text}
                </a>
              ),
          )}
        </nav>
      )}
    </div>
  );
}
