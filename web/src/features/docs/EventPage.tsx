import { useMemo } from "react";
import { t } from "../../text/developer.ts";
import { areaWord } from "./areas.ts";
import { CodePanel } from "./CodePanel.tsx";
import { example } from "./example.ts";
import { FieldsTable } from "./FieldsTable.tsx";
import { ContractText, Heading } from "./Prose.tsx";
import type { Topic } from "./reference.ts";
import type { Schemas } from "./schema.ts";

/** One event. */
export function EventPage({ topic, schemas }: { topic: Topic; schemas: Schemas }) {
  const { name, area, text, payload, audience, ephemeral } = topic;
  const sample = useMemo(() => JSON.stringify(example(payload, schemas), null, 2), [payload, schemas]);
  const logged = !ephemeral && payload.properties?.seq !== undefined;
  return (
    <div className="docs-page docs-page--samples">
      <article className="prose">
        <header className="docs-page__head">
          <div className="prose__kicker">
            <span>{areaWord(area)}</span>
            <span>{audience === "conversation" ? t.developer.toConversation : t.developer.toUser}</span>
          </div>
          <h1 tabIndex={-1}>{name}</h1>
        </header>
        <div className="prose__door">
          <b>EVENT</b>
          <span dir="ltr">chatr.{name}</span>
        </div>
        <ContractText text={text} />
        {logged && <p>{t.developer.logged}</p>}
        {ephemeral && <p>{t.developer.notLogged}</p>}
        <Heading level={2} id="carries" text={t.developer.carries} />
        <FieldsTable schema={payload} />
      </article>
      <aside className="docs-samples" aria-label={t.developer.event}>
        <CodePanel title={t.developer.event} code={sample} />
      </aside>
    </div>
  );
}
