import { Popover } from "radix-ui";
import { useRef } from "react";
import { CardContent } from "./PersonCard.tsx";

export interface CardPlace {
  userId: string;
  /** What it opens at. */
  at: HTMLElement;
  /** What gets the focus when it closes. */
  from: HTMLElement | null;
}

/** A card about somebody where no button opens it: at a name in a text. */
export default function PersonCardAt({ place, onClose }: { place: CardPlace; onClose: () => void }) {
  const gone = useRef(false);
  const anchor = useRef(place.at);
  anchor.current = place.at;
  return (
    <Popover.Root open onOpenChange={(open) => open || onClose()}>
      <Popover.Anchor virtualRef={anchor} />
      <CardContent
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
