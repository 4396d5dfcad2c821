import { ArrowLeft, X } from "lucide-react";
import { Dialog } from "radix-ui";
import { lazy, Suspense, useRef } from "react";
import { t } from "../text/index.ts";
import { IconButton } from "../ui/IconButton.tsx";
import { useFocusReturn } from "../ui/useFocusReturn.ts";
import "./Details.css";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { closeDetails, usePanes } from "./panes.ts";
import { NARROW, useMedia, WIDE } from "./useMedia.ts";

const PersonDetails = lazy(() => import("../features/profile/PersonDetails.tsx"));

/** Who one talks with: a pane beside the conversation, a sheet over it, or the whole screen, as there is room. */
export function Details({ userId }: { userId: string }) {
  const wide = useMedia(WIDE);
  const { details: open } = usePanes();
  const sheet = useRef<HTMLDivElement>(null);
  const focus = useFocusReturn(sheet);
  if (wide) {
    return open ? (
      <aside className="details" aria-label={t.common.details}>
        <Bar />
        <Body userId={userId} />
      </aside>
    ) : null;
  }
  return (
    <Dialog.Root open={open} onOpenChange={(next) => next || closeDetails()}>
      <Dialog.Portal>
        <Dialog.Overlay className="details__veil" />
        <Dialog.Content ref={sheet} className="details details--sheet" aria-describedby={undefined} {...focus}>
          <Dialog.Title className="visually-hidden">{t.common.details}</Dialog.Title>
          <Bar />
          <Body userId={userId} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Bar() {
  const narrow = useMedia(NARROW);
  return (
    <header className="details__bar">
      {narrow && <IconButton icon={ArrowLeft} label={t.common.back} onClick={closeDetails} className="details__back" />}
      <h2 className="details__title">{t.common.details}</h2>
      {!narrow && <IconButton icon={X} label={t.common.closeDetails} onClick={closeDetails} />}
    </header>
  );
}

function Body({ userId }: { userId: string }) {
  return (
    <div className="details__body">
      <ErrorBoundary key={userId}>
        <Suspense>
          <PersonDetails userId={userId} />
        </Suspense>
      </ErrorBoundary>
    </div>
  );
}
