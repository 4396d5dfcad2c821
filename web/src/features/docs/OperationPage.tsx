import { FlaskConical } from "lucide-react";
import { useMemo } from "react";
import { Link, useLocation } from "wouter";
import { t } from "../../text/developer.ts";
import { locale } from "../../text/index.ts";
import { Button } from "../../ui/Button.tsx";
import { Segments } from "../../ui/Segments.tsx";
import { labPath } from "../lab/places.ts";
import { areaWord } from "./areas.ts";
import { CodePanel } from "./CodePanel.tsx";
import { example, exampleParams } from "./example.ts";
import { FieldsTable, TypeText } from "./FieldsTable.tsx";
import { setLanguage, useLanguage } from "./language.ts";
import { ContractLine, ContractText, Heading, ScrollTable } from "./Prose.tsx";
import { docsPath } from "./places.ts";
import { ALWAYS, errorMeaning, type Operation, type Rate } from "./reference.ts";
import { LANGUAGES, sample } from "./samples.ts";
import { choices, resolve, type Schemas } from "./schema.ts";

export interface OperationPageProps {
  operation: Operation;
  schemas: Schemas;
}

/** One operation, by both doors. */
export function OperationPage({ operation, schemas }: OperationPageProps) {
  const { name, area, verb, path, summary, text, params, result, status, anybody, rate } = operation;
  return (
    <div className="docs-page docs-page--samples">
      <article className="prose">
        <header className="docs-page__head">
          <div className="prose__kicker">
            <span>{areaWord(area)}</span>
            <span>{anybody ? t.developer.forAnybody : t.developer.forSignedIn}</span>
            {rate && <span>{rateText(rate)}</span>}
          </div>
          <h1 tabIndex={-1}>{name}</h1>
          <p className="prose__lead">
            <ContractLine text={summary} />
          </p>
        </header>
        <div className="prose__doors">
          <div className="prose__door">
            <b>{verb}</b>
            <span dir="ltr">{path}</span>
          </div>
          <div className="prose__door">
            <b>CALL</b>
            <span dir="ltr">chatr.{name}</span>
          </div>
        </div>
        <ContractText text={text} />
        <Heading level={2} id="takes" text={t.developer.takes} />
        {params.description && <ContractText text={params.description} />}
        <FieldsTable schema={params} />
        <Heading level={2} id="answers" text={t.developer.answers} />
        <p>
          <span className="prose__type">{status}</span> <TypeText schema={result} />
        </p>
        <Answer operation={operation} schemas={schemas} />
        <Heading level={2} id="errors" text={t.developer.errors} />
        <Errors operation={operation} />
      </article>
      <Samples operation={operation} schemas={schemas} />
    </div>
  );
}

/** The fields of the answer, where it is one thing. */
function Answer({ operation: { result }, schemas }: OperationPageProps) {
  const [only, ...others] = choices(result).schemas;
  if (only === undefined || others.length > 0) return null;
  const found = resolve(only, schemas);
  return found.properties && Object.keys(found.properties).length > 0 ? <FieldsTable schema={found} optional /> : null;
}

function Errors({ operation: { errors, text, summary } }: { operation: Operation }) {
  const own = errors.filter(({ code }) => !ALWAYS.has(code) || errorMeaning(text, code) !== undefined);
  const always = errors.filter((each) => !own.includes(each));
  return (
    <>
      {own.length > 0 && (
        <ScrollTable>
          <tbody>
            {own.map(({ code, status }) => (
              <tr key={code}>
                <td>
                  <Link href={docsPath({ kind: "errors" }, code)}>
                    <code>{code}</code>
                  </Link>
                </td>
                <td className="prose__type">{status}</td>
                <td>
                  <ContractLine
                    text={errorMeaning(`${summary} ${text}`, code) ?? marked(t.developer.codeMeanings[code] ?? "")}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      {always.length > 0 && (
        <p className="prose__note">
          {t.developer.alsoAlways}{" "}
          {always.map(({ code }, at) => (
            <span key={code}>
              {at > 0 && ", "}
              <Link href={docsPath({ kind: "errors" }, code)}>{code}</Link>
            </span>
          ))}
          .
        </p>
      )}
    </>
  );
}

/** Our catalogue marks code as Markdown does. */
export function marked(text: string): string {
  return text.replaceAll("`", "``");
}

function Samples({ operation, schemas }: OperationPageProps) {
  const { language } = useLanguage();
  const [, navigate] = useLocation();
  const params = useMemo(() => exampleParams(operation, schemas), [operation, schemas]);
  const answer = useMemo(() => example(operation.result, schemas), [operation, schemas]);
  return (
    <aside className="docs-samples" aria-label={t.developer.request}>
      <Segments
        label={t.developer.language}
        value={language}
        onChange={setLanguage}
        options={LANGUAGES.map((value) => ({ value, label: t.developer.languages[value] }))}
      />
      <CodePanel title={t.developer.request} code={sample(language, operation, params)} />
      <CodePanel title={String(operation.status)} code={JSON.stringify(answer, null, 2)} />
      <Button kind="outline" icon={FlaskConical} onClick={() => navigate(labPath(operation.name, params))}>
        {t.developer.tryInLab}
      </Button>
    </aside>
  );
}

function rateText({ count, seconds, together }: Rate): string {
  const words = t.developer.rate(new Intl.NumberFormat(locale).format(count), seconds);
  return together === undefined ? words : `${words}, ${t.developer.rateTogether(together)}`;
}
