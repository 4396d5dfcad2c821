import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { useLocation } from "wouter";
import "./AppShell.css";
import { useViewed } from "../features/viewer/state.ts";
import { cx } from "../ui/cx.ts";
import { ChatsLayout } from "./ChatsLayout.tsx";
import { useDevelopment } from "./development.ts";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { asPage, useFocusPage } from "./focus.ts";
import { isOpen, type Place, placeOf } from "./places.ts";
import { Rail, TabBar } from "./Rail.tsx";
import { Shortcuts } from "./Shortcuts.tsx";
import { useAttention } from "./useAttention.ts";
import { NARROW, useMedia } from "./useMedia.ts";
import { usePresence } from "./usePresence.ts";

const AskPage = lazy(() => import("../features/groups/AskPage.tsx"));
const Docs = lazy(() => import("../features/docs/Docs.tsx"));
const FriendsPage = lazy(() => import("../features/friends/FriendsPage.tsx"));
const JoinPage = lazy(() => import("../features/groups/JoinPage.tsx"));
const Lab = lazy(() => import("../features/lab/Lab.tsx"));
const ProfilePage = lazy(() => import("../features/profile/ProfilePage.tsx"));
const SettingsPage = lazy(() => import("../features/settings/SettingsPage.tsx"));
const Viewer = lazy(() => import("../features/viewer/Viewer.tsx"));

/** What is around every page of somebody who is signed in. */
export function AppShell() {
  const [path] = useLocation();
  const place = placeOf(path);
  const waiting = useAttention();
  const narrow = useMedia(NARROW);
  const lab = useDevelopment();
  usePresence();
  useNotificationClicks();
  return (
    <div className={cx("app-shell", narrow && "app-shell--narrow")}>
      {!narrow && <Rail area={place.area} waiting={waiting} lab={lab} />}
      <Page place={place} />
      {narrow && !isOpen(place) && <TabBar area={place.area} waiting={waiting} />}
      <Shortcuts place={place} />
      <Viewed />
    </div>
  );
}

/** What somebody looks at, as large as the screen. */
function Viewed() {
  const { viewed } = useViewed();
  return (
    <ErrorBoundary of={viewed?.at.id}>
      <Suspense>{viewed && <Viewer viewed={viewed} />}</Suspense>
    </ErrorBoundary>
  );
}

function Page({ place }: { place: Place }) {
  switch (place.area) {
    case "chats":
      return <ChatsLayout place={place} />;
    case "join":
      return pane(<JoinPage />, place);
    case "group":
      return pane(<AskPage key={place.groupId} groupId={place.groupId} />, place);
    case "friends":
      return pane(<FriendsPage />, place);
    case "profile":
      return pane(<ProfilePage />, place);
    case "settings":
      return pane(<SettingsPage />, place);
    case "docs":
      return pane(<Docs />, place);
    case "lab":
      return pane(<Lab />, place);
  }
}

function pane(page: ReactNode, { area }: Place) {
  return (
    <Pane key={area} area={area}>
      {page}
    </Pane>
  );
}

function Pane({ area, children }: { area: Place["area"]; children: ReactNode }) {
  useFocusPage(area);
  return (
    <main className="app-shell__page" {...asPage}>
      <ErrorBoundary>
        <Suspense>{children}</Suspense>
      </ErrorBoundary>
    </main>
  );
}

/** The service worker hands over what was clicked in a notification. */
function useNotificationClicks(): void {
  const [, navigate] = useLocation();
  useEffect(() => {
    const listener = ({ data }: MessageEvent) => {
      if (typeof data?.open === "string") navigate(data.open);
    };
    navigator.serviceWorker?.addEventListener("message", listener);
    return () => navigator.serviceWorker?.removeEventListener("message", listener);
  }, [navigate]);
}
