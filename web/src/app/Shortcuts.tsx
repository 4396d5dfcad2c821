import { lazy, Suspense } from "react";
import { useLocation } from "wouter";
import { orderedConversationIds } from "../features/chats/data.ts";
import { useEngine } from "../session/session.ts";
import { useHotkey } from "../ui/useHotkey.ts";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { usePanes } from "./panes.ts";
import type { Place } from "./places.ts";

const ShortcutList = lazy(() => import("./ShortcutList.tsx"));
const Switcher = lazy(() => import("../features/chats/Switcher.tsx"));

/** The keys that hold everywhere, and what they open. */
export function Shortcuts({ place }: { place: Place }) {
  const { switcher, shortcuts } = usePanes();
  const step = useStep(place);
  useHotkey("mod+k", () => usePanes.setState(({ switcher: open }) => ({ switcher: !open })));
  useHotkey("?", () => usePanes.setState({ shortcuts: true }));
  useHotkey("alt+up", () => void step(-1));
  useHotkey("alt+down", () => void step(1));
  return (
    <ErrorBoundary>
      <Suspense>
        {switcher && <Switcher open onOpenChange={(open) => usePanes.setState({ switcher: open })} />}
        {shortcuts && <ShortcutList onClose={() => usePanes.setState({ shortcuts: false })} />}
      </Suspense>
    </ErrorBoundary>
  );
}

/** To the chat above or below the open one; from none to the first or the last. */
function useStep(place: Place): (by: 1 | -1) => Promise<void> {
  const { db } = useEngine();
  const [, navigate] = useLocation();
  return async (by) => {
    const ids = await orderedConversationIds(db);
    const at = place.area === "chats" && place.conversationId ? ids.indexOf(place.conversationId) : -1;
    const next = at < 0 ? (by > 0 ? ids[0] : ids.at(-1)) : ids[at + by];
    if (next !== undefined) navigate(`/c/${next}`);
  };
}
