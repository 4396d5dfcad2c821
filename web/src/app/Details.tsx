import { ArrowLeft, X } from "lucide-react";
import { Dialog } from "radix-ui";
import { lazy, Suspense, useRef, useState } from "react";
import { t } from "../text/index.ts";
import { IconButton } from "../ui/IconButton.tsx";
import { useFocusReturn } from "../ui/useFocusReturn.ts";
import "./Details.css";
import { DetailsBar } from "./detailsBar.ts";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { closeDetails, usePanes } from "./panes.ts";
import { NARROW, useMedia, WIDE } from "./useMedia.ts";

const GroupDetails = lazy(() => import("../features/groups/GroupDetails.tsx"));
const PersonDetails = lazy(() => import("../features/profile/PersonDetails.tsx"));

/** Of whom or what details are shown. */
export interface Subject {
  kind: "person" | "group";
  id: string;
}

/** With whom one talks: a pane beside the conversation, a sheet over it, or the whole screen, as there is room. */
export default function Details({ of }: { of: Subject }) {
  const wide = useMedia(WIDE);
  const { details: open } = usePanes();
  const sheet = useRef<HTMLDivElement>(null);
  const focus = useFocusReturn(sheet);
  const giveBack = (event: Event) => {
    // What an act of the details led to, as the search, has it already.
    if (document.activeElement === document.body) focus.onCloseAutoFocus(event);
    else event.preventDefault();
  };
  if (wide) {
    return open ? (
      <aside className="details" aria-label={t.common.details}>
        <Inside of={of} />
      </aside>
    ) : null;
  }
  return (
    <Dialog.Root open={open} onOpenChange={(next) => next || closeDetails()}>
      <Dialog.Portal>
        <Dialog.Overlay className="details__veil" />
        <Dialog.Content
          ref={sheet}
          className="details details--sheet"
          aria-describedby={undefined}
          onOpenAutoFocus={focus.onOpenAutoFocus}
          onCloseAutoFocus={giveBack}
        >
          <Dialog.Title className="visually-hidden">{t.common.details}</Dialog.Title>
          <Inside of={of} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Inside({ of: { kind, id } }: { of: Subject }) {
  const narrow = useMedia(NARROW);
  const [slot, setSlot] = useState<HTMLElement | null>(null);
  return (
    <DetailsBar value={slot}>
      <header className="details__bar">
        {narrow && (
          <IconButton icon={ArrowLeft} label={t.common.back} onClick={closeDetails} className="details__back" />
        )}
        <h2 className="details__title">{t.common.details}</h2>
        <div className="details__slot" ref={setSlot} />
        {!narrow && <IconButton icon={X} label={t.common.closeDetails} onClick={closeDetails} />}
      </header>
      <div className="details__body">
        <ErrorBoundary key={id}>
          <Suspense>{kind === "group" ? <GroupDetails groupId={id} /> : <PersonDetails userId={id} />}</Suspense>
        </ErrorBoundary>
      </div>
    </DetailsBar>
  );
}
