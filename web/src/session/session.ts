import { createContext, useContext } from "react";
import type { Session } from "../api/types.ts";
import type { Engine } from "../engine/engine.ts";

/** Who is signed in, in this tab. The access token stays in memory; the refresh token is a cookie that no script sees. */
export type SessionState =
  | { kind: "loading" }
  /** `ended`: why one is not signed in any more, as `session_revoked`. */
  | { kind: "out"; ended?: string }
  | { kind: "in"; engine: Engine }
  /** Nothing can be kept in this browser, for a technical reason that is empty where there is no answer. */
  | { kind: "unusable"; reason: string };

export interface SessionControl {
  state: SessionState;
  /** After login, verification or a provider's answer: begin with what it returned. */
  begin(session: Session): Promise<void>;
  signOut(): Promise<void>;
}

export const SessionContext = createContext<SessionControl | null>(null);

export function useSession(): SessionControl {
  const control = useContext(SessionContext);
  if (control === null) throw new Error("no SessionContext");
  return control;
}

/** The engine of whoever is signed in; for components below the signed-in routes. */
export function useEngine(): Engine {
  const { state } = useSession();
  if (state.kind !== "in") throw new Error("nobody is signed in");
  return state.engine;
}
