import { type ReactNode, useContext } from "react";
import { SessionContext } from "../../session/session.ts";

/** The main part of a page that is there for everybody: around the pages of who is signed in there is one already. */
export function Landmark({ className, children }: { className: string; children: ReactNode }) {
  return useInside() ? <div className={className}>{children}</div> : <main className={className}>{children}</main>;
}

/** Whether the frame of who is signed in is around the page. */
export function useInside(): boolean {
  return useContext(SessionContext)?.state.kind === "in";
}
