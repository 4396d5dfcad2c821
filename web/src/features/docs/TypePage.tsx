import { useMemo } from "react";
import { Link } from "wouter";
import { t } from "../../text/developer.ts";
import { CodePanel } from "./CodePanel.tsx";
import { example } from "./example.ts";
import { FieldsTable, TypeText } from "./FieldsTable.tsx";
import { ContractText, Heading } from "./Prose.tsx";
import { docsPath } from "./places.ts";
import type { Reference } from "./reference.ts";
import { usersOf } from "./users.ts";

/** One type, and what has it. */
export function TypePage({ name, reference }: { name: string; reference: Reference }) {
  const { schemas } = reference;
  const schema = schemas[name] ?? {};
  const users = useMemo(() => usersOf(name, reference), [name, reference]);
  const sample = useMemo(() => JSON.stringify(example(schema, schemas), null, 2), [schema, schemas]);
  return (
    <div className="docs-page docs-page--samples">
      <article className="prose">
        <header className="docs-page__head">
          <div className="prose__kicker">{t.developer.types}</div>
          <h1 tabIndex={-1}>{name}</h1>
        </header>
        {schema.description && <ContractText text={schema.description} />}
        {schema.properties ? (
          <FieldsTable schema={schema} />
        ) : (
          <p>
            <TypeText schema={schema} />
          </p>
        )}
        {users.length > 0 && (
          <>
            <Heading level={2} id="used-by" text={t.developer.usedBy} />
            <ul>
              {users.map(({ title, place }) => (
                <li key={title}>
                  <Link href={docsPath(place)}>{title}</Link>
                </li>
              ))}
            </ul>
          </>
        )}
      </article>
      <aside className="docs-samples" aria-label={t.developer.value}>
        <CodePanel title={name} code={sample} />
      </aside>
    </div>
  );
}

/** All types. */
export function TypesPage({ reference }: { reference: Reference }) {
  return (
    <div className="docs-page">
      <article className="prose">
        <header className="docs-page__head">
          <h1 tabIndex={-1}>{t.developer.types}</h1>
          <p className="prose__lead">{t.developer.typesText}</p>
        </header>
        <ul className="docs-page__names">
          {Object.keys(reference.schemas).map((name) => (
            <li key={name}>
              <Link href={docsPath({ kind: "type", name })}>{name}</Link>
            </li>
          ))}
        </ul>
      </article>
    </div>
  );
}
