import { Link } from "wouter";
import { t } from "../../text/developer.ts";
import { locale } from "../../text/index.ts";
import { ContractLine, ScrollTable } from "./Prose.tsx";
import { docsPath } from "./places.ts";
import { type Meaning, meaning, type Schema, typeParts } from "./schema.ts";

/** The fields of an object, those that are needed first. */
export function FieldsTable({ schema, optional = true }: { schema: Schema; optional?: boolean }) {
  const { properties = {}, required = [] } = schema;
  const names = Object.keys(properties).sort((a, b) => Number(required.includes(b)) - Number(required.includes(a)));
  if (names.length === 0) return <p className="prose__note">{t.developer.takesNothing}</p>;
  return (
    <ScrollTable>
      <thead>
        <tr>
          <th scope="col">{t.developer.field}</th>
          <th scope="col">{t.developer.type}</th>
          <th scope="col">{t.developer.meaning}</th>
        </tr>
      </thead>
      <tbody>
        {names.map((name) => (
          <tr key={name}>
            <td>
              <code>{name}</code>
            </td>
            <td className="prose__type">
              <TypeText schema={properties[name] ?? {}} />
              {optional && !required.includes(name) && `, ${t.developer.optional}`}
            </td>
            <td>
              <MeaningText meaning={meaning(properties[name] ?? {})} />
            </td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  );
}

/** A type, with links to those that have a page. */
export function TypeText({ schema }: { schema: Schema }) {
  return typeParts(schema).map(({ text, type }, at) =>
    type === undefined ? (
      text
    ) : (
      <Link key={String(at)} href={docsPath({ kind: "type", name: type })}>
        {text}
      </Link>
    ),
  );
}

function MeaningText({ meaning: { text, limits, default: value } }: { meaning: Meaning }) {
  return (
    <>
      {text !== "" && <ContractLine text={text} />}
      {limits && text === "" && limitText(limits)}{" "}
      {value !== undefined && value !== null && (
        <>
          {t.developer.byDefault} <code>{JSON.stringify(value)}</code>.
        </>
      )}
    </>
  );
}

function limitText({ min, max, unit }: NonNullable<Meaning["limits"]>): string {
  const words = t.developer.units[unit];
  const number = new Intl.NumberFormat(locale);
  if (min !== undefined && min === max) return t.developer.exactly(number.format(min), words);
  // Nothing is as good as no limit.
  if (max === undefined) return min ? t.developer.atLeast(number.format(min), words) : "";
  if (!min) return t.developer.atMost(number.format(max), words);
  return t.developer.between(number.format(min), number.format(max), words);
}
