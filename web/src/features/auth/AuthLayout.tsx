import type { ReactNode } from "react";
import { t } from "../../text/auth.ts";
import { Mark } from "../../ui/Mark.tsx";
import "./auth.css";
import "./auth-form.css";
import { Specimen } from "./Specimen.tsx";

/** Two halves: what this is, and the form. Narrow: one column, without the pictures. */
export function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <div className="auth">
      <header className="auth__side">
        <div className="auth__big-mark">
          <Mark size={640} unread />
        </div>
        <div className="auth__wordmark">
          <Mark size={34} unread />
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
