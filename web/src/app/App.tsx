import { lazy, Suspense, useEffect } from "react";
import { useLocation } from "wouter";
import { SessionProvider } from "../session/SessionProvider.tsx";
import { useSession } from "../session/session.ts";
import { useTheme } from "../theme/useTheme.ts";
import { Mark } from "../ui/Mark.tsx";
import { UiHost } from "../ui/UiHost.tsx";
import { AppShell } from "./AppShell.tsx";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { NoStorage } from "./NoStorage.tsx";
import { isForLetters, placeOf } from "./places.ts";
import { startUpdates } from "./update.ts";

const Auth = lazy(() => import("../features/auth/Auth.tsx"));
const Docs = lazy(() => import("../features/docs/Docs.tsx"));
const Lab = lazy(() => import("../features/lab/Lab.tsx"));

export function App() {
  useTheme();
  useEffect(() => void startUpdates().catch((error: unknown) => console.info("no service worker", error)), []);
  return (
    <UiHost>
      <ErrorBoundary>
        <SessionProvider>
          <Routes />
        </SessionProvider>
      </ErrorBoundary>
    </UiHost>
  );
}

function Routes() {
  const { state } = useSession();
  const [path] = useLocation();
  if (state.kind === "loading") return <Splash />;
  if (state.kind === "unusable") return <NoStorage reason={state.reason} />;
  if (state.kind === "in" && !isForLetters(path)) return <AppShell key={state.engine.userId} />;
  // The same element for both, so that a page goes on when what is done there ends the session.
  return (
    <Suspense fallback={<Splash />}>
      <SignedOut />
    </Suspense>
  );
}

/** The docs and the lab are open to everybody; all else begins with signing in. */
function SignedOut() {
  const [path] = useLocation();
  switch (placeOf(path).area) {
    case "docs":
      return <Docs />;
    case "lab":
      return <Lab />;
    default:
      return <Auth />;
  }
}

function Splash() {
  return (
    <div className="splash">
      <Mark size={44} />
    </div>
  );
}
