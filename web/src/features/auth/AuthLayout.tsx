import type { ReactNode } from "react";
import { t } from "../../text/index.ts";
import "./auth.css";
import { Mark } from "./Mark.tsx";
import { Specimen } from "./Specimen.tsx";

/** Two halves: what this is, and the form. Narrow: one column, without the pictures. */
export function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <div className="auth">
      <header className="auth__side">
        <Mark className="auth__big-mark" />
        <div className="auth__wordmark">
          <Mark className="auth__mark" />
          {t.auth.productName}
        </div>
        <div className="auth__pitch">
          <h1 className="auth__hero">{t.auth.hero}</h1>
          <p className="auth__lead">{t.auth.lead}</p>
          <Specimen />
        </div>
      </header>
      <main className="auth__main">{children}</main>
    </div>
  );
}
