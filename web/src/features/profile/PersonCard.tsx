import { Popover } from "radix-ui";
import { lazy, type ReactElement, Suspense, useRef, useState } from "react";
import "./PersonCard.css";

const PersonCardBody = lazy(() => import("./PersonCardBody.tsx"));

export interface PersonCardProps {
  userId: string;
  /** What the card is called before it is known whose it is. */
  name: string;
  /** The button that opens it. */
  children: ReactElement;
  /** Somebody goes somewhere by it: what is around closes, too. */
  onGo?: () => void;
}

/** A button with somebody's name or face, and the card about them that it opens. */
export function PersonCard({ userId, name, children, onGo }: PersonCardProps) {
  const [open, setOpen] = useState(false);
  const gone = useRef(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>{children}</Popover.Trigger>
      <Content
        userId={userId}
        name={name}
        onClose={(event) => {
          if (gone.current) event.preventDefault();
          gone.current = false;
        }}
        onGo={(away) => {
          gone.current = away;
          setOpen(false);
          onGo?.();
        }}
      />
    </Popover.Root>
  );
}

export interface CardPlace {
  userId: string;
  /** What it opens at. */
  at: HTMLElement;
  /** What gets the focus when it closes. */
  from: HTMLElement | null;
}

/** The same where no button opens it: at a name in a text. */
export function PersonCardAt({ place, onClose }: { place: CardPlace | undefined; onClose: () => void }) {
  const gone = useRef(false);
  const anchor = useRef<HTMLElement>(null);
  if (place === undefined) return null;
  anchor.current = place.at;
  return (
    <Popover.Root open onOpenChange={(open) => open || onClose()}>
      <Popover.Anchor virtualRef={anchor} />
      <Content
        userId={place.userId}
        name={place.at.textContent ?? ""}
        onClose={(event) => {
          event.preventDefault();
          if (!gone.current) place.from?.focus({ preventScroll: true });
          gone.current = false;
        }}
        onGo={(away) => {
          gone.current = away;
          onClose();
        }}
      />
    </Popover.Root>
  );
}

interface ContentProps {
  userId: string;
  name: string;
  onClose: (event: Event) => void;
  /** `away`: another place has the focus now. */
  onGo: (away: boolean) => void;
}

function Content({ userId, name, onClose, onGo }: ContentProps) {
  const card = useRef<HTMLDivElement>(null);
  return (
    <Popover.Portal>
      <Popover.Content
        ref={card}
        className="person-card"
        aria-label={name}
        sideOffset={6}
        collisionPadding={8}
        onOpenAutoFocus={(event) => {
          // Its acts are the next step: none of them is chosen by opening it.
          event.preventDefault();
          card.current?.focus();
        }}
        onCloseAutoFocus={onClose}
      >
        <Suspense>
          <PersonCardBody userId={userId} onGo={onGo} />
        </Suspense>
      </Popover.Content>
    </Popover.Portal>
  );
}
