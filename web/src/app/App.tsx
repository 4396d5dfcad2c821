import { lazy, Suspense } from "react";
import { Route, Switch } from "wouter";

const Auth = lazy(() => import("../features/auth/Auth.tsx"));
const Docs = lazy(() => import("../features/docs/Docs.tsx"));
const Lab = lazy(() => import("../features/lab/Lab.tsx"));

export function App() {
  return (
    <Suspense>
      <Switch>
        <Route path="/docs/*?" component={Docs} />
        <Route path="/lab" component={Lab} />
        <Route component={Auth} />
      </Switch>
    </Suspense>
  );
}
