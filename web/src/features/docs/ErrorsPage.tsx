import { Link } from "wouter";
import { t } from "../../text/developer.ts";
import { marked } from "./OperationPage.tsx";
import { ContractLine, ScrollTable } from "./Prose.tsx";
import { docsPath } from "./places.ts";
import { ALWAYS, type Operation, type Reference } from "./reference.ts";

/** All codes, and which operations have them. */
export function ErrorsPage({ reference: { errors, operations } }: { reference: Reference }) {
  return (
    <div className="docs-page">
      <article className="prose">
        <header className="docs-page__head">
          <h1 tabIndex={-1}>{t.developer.errorCodes}</h1>
          <p className="prose__lead">{t.developer.errorsText}</p>
        </header>
        <ScrollTable>
          <thead>
            <tr>
              <th scope="col">{t.developer.code}</th>
              <th scope="col">{t.developer.status}</th>
              <th scope="col">{t.developer.meaning}</th>
            </tr>
          </thead>
          <tbody>
            {errors.map(({ code, status }) => (
              <tr key={code} id={code} className="docs-page__code">
                <td>
                  <code>{code}</code>
                </td>
                <td className="prose__type">{status || ""}</td>
                <td>
                  <ContractLine text={marked(t.developer.codeMeanings[code] ?? "")} />
                  <div className="docs-page__users">
                    {usersOf(code, operations).map((name) => (
                      <Link key={name} href={docsPath({ kind: "operation", name })}>
                        {name}
                      </Link>
                    ))}
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
        <p className="prose__note">
          <Link href={docsPath({ kind: "type", name: "Problem" })}>Problem</Link>
        </p>
      </article>
    </div>
  );
}

/** The operations that answer with a code; none for those that most of them have. */
function usersOf(code: string, operations: readonly Operation[]): string[] {
  const users = operations.filter(({ errors }) => errors.some((each) => each.code === code));
  return ALWAYS.has(code) || users.length * 2 > operations.length ? [] : users.map(({ name }) => name);
}
