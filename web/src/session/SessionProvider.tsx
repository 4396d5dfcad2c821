import { type ReactNode, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { SessionKeeper } from "./keeper.ts";
import { SessionContext } from "./session.ts";

/** Around all that wants to know who is signed in. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [keeper] = useState(() => new SessionKeeper());
  useEffect(() => keeper.start(), [keeper]);
  const state = useSyncExternalStore(keeper.subscribe, () => keeper.state);
  const control = useMemo(
    () => ({
      state,
      begin: (session: Parameters<SessionKeeper["begin"]>[0]) => keeper.begin(session),
      signOut: () => keeper.signOut(),
    }),
    [keeper, state],
  );
  return <SessionContext value={control}>{children}</SessionContext>;
}
