import { Link } from "wouter";
import { t } from "../../text/index.ts";
import { marked } from "./OperationPage.tsx";
import { ContractLine } from "./Prose.tsx";
import { docsPath } from "./places.ts";
import { ALWAYS, type Reference } from "./reference.ts";

/** All codes, and which operations have them. */
export function ErrorsPage({ reference: { errors, operations } }: { reference: Reference }) {
  return (
    <div className="docs-page">
      <article className="prose">
        <header className="docs-page__head">
          <h1 tabIndex={-1}>{t.developer.errorCodes}</h1>
          <p className="prose__lead">{t.developer.errorsText}</p>
        </header>
        <table>
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
                    {!ALWAYS.has(code) &&
                      operations
                        .filter((operation) => operation.errors.some((each) => each.code === code))
                        .map(({ name }) => (
                          <Link key={name} href={docsPath({ kind: "operation", name })}>
                            {name}
                          </Link>
                        ))}
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <p className="prose__note">
          <Link href={docsPath({ kind: "type", name: "Problem" })}>Problem</Link>
        </p>
      </article>
    </div>
  );
}
