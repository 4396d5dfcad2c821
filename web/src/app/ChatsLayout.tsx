import { useLiveQuery } from "dexie-react-hooks";
import { MessageCircle } from "lucide-react";
import { lazy, Suspense, useEffect, useRef } from "react";
import type { ConversationRow } from "../db/schema.ts";
import { useEngine } from "../session/session.ts";
import { t } from "../text/index.ts";
import { Empty } from "../ui/Empty.tsx";
import { keyCaps } from "../ui/hotkeys.ts";
import { Banners } from "./Banners.tsx";
import "./ChatsLayout.css";
import type { Subject } from "./Details.tsx";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { asPage, useFocusPage } from "./focus.ts";
import { closeDetails, usePanes } from "./panes.ts";
import { isOpen, type Place } from "./places.ts";
import { NARROW, useMedia, WIDE } from "./useMedia.ts";

const ChatsPage = lazy(() => import("../features/chats/ChatsPage.tsx"));
const Details = lazy(() => import("./Details.tsx"));
const ConversationPage = lazy(() => import("../features/timeline/ConversationPage.tsx"));

type ChatsPlace = Extract<Place, { area: "chats" }>;

/** The list, the conversation, and its details: side by side, or one of them where there is no room. */
export function ChatsLayout({ place }: { place: ChatsPlace }) {
  const narrow = useMedia(NARROW);
  const wide = useMedia(WIDE);
  const open = isOpen(place);
  const { details } = usePanes();
  const subject = useSubject(place);
  // Fetched when they are first opened; from then on they open and close.
  const asked = useRef(false);
  if (details) asked.current = true;
  const key = place.conversationId ?? place.personId;
  // Beside a conversation the details stay open for the next one; above it they belong to one.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation is the reason, too.
  useEffect(() => {
    if (!wide) closeDetails();
  }, [key, wide]);
  useFocusPage(key);
  const List = narrow ? "main" : "div";
  const beside = wide && details && subject !== undefined;
  return (
    <div className={beside ? "chats-layout chats-layout--details" : "chats-layout"}>
      {(!narrow || !open) && (
        <List className="chats-layout__list">
          <ErrorBoundary>
            <Suspense>
              <ChatsPage />
            </Suspense>
          </ErrorBoundary>
        </List>
      )}
      {(!narrow || open) && (
        <main className="chats-layout__conversation" {...(open && asPage)}>
          <ErrorBoundary of={key}>
            <Suspense>
              {open ? (
                <ConversationPage conversationId={place.conversationId} personId={place.personId} />
              ) : (
                <NothingOpen />
              )}
            </Suspense>
          </ErrorBoundary>
        </main>
      )}
      {subject !== undefined && asked.current && (
        <Suspense>
          <Details of={subject} />
        </Suspense>
      )}
    </div>
  );
}

function NothingOpen() {
  return (
    <>
      <Banners />
      <div className="chats-layout__nothing">
        <Empty
          icon={MessageCircle}
          title={t.common.pickChat}
          text={t.common.pickChatText(keyCaps("mod+k").join("+"))}
        />
      </div>
    </>
  );
}

/** The group that is open, or the other person; while that is being read, of what was open before. */
function useSubject({ conversationId, personId }: ChatsPlace): Subject | undefined {
  const { db } = useEngine();
  const found = useLiveQuery(
    async () => ({ conversationId, subject: conversationId && subjectOf(await db.conversations.get(conversationId)) }),
    [db, conversationId],
  );
  const known = useRef<Subject>(undefined);
  if (conversationId === undefined)
    known.current = personId === undefined ? undefined : { kind: "person", id: personId };
  else if (found?.conversationId === conversationId) known.current = found.subject || undefined;
  return known.current;
}

function subjectOf(row: ConversationRow | undefined): Subject | undefined {
  switch (row?.kind) {
    case "direct":
      return row.other && { kind: "person", id: row.other.id };
    case "group":
      return { kind: "group", id: row.id };
    case undefined:
      return undefined;
  }
}
