import { Popover } from "radix-ui";
import { type ReactElement, useRef, useState } from "react";
import "./PersonCard.css";
import { PersonCardBody } from "./PersonCardBody.tsx";

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
      <CardContent
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

interface ContentProps {
  userId: string;
  name: string;
  onClose: (event: Event) => void;
  /** `away`: another place has the focus now. */
  onGo: (away: boolean) => void;
}

/** What stands in a card; it belongs to a popover. */
export function CardContent({ userId, name, onClose, onGo }: ContentProps) {
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
        <PersonCardBody userId={userId} onGo={onGo} />
      </Popover.Content>
    </Popover.Portal>
  );
}
