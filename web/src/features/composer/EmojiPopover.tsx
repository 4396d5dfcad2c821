import { Popover } from "radix-ui";
import { type RefObject, useRef } from "react";
import { t } from "../../text/index.ts";
import { EmojiPicker } from "../../ui/EmojiPicker.tsx";

interface EmojiPopoverProps {
  /** What it opens at, which opens and closes it, too. */
  at: RefObject<HTMLElement | null>;
  onPick: (emoji: string) => void;
  /** It is to close. */
  onEnd: () => void;
  /** It has closed: the focus goes on. */
  onClosed: () => void;
}

/** The choice of an emoji for what is being written. */
export default function EmojiPopover({ at, onPick, onEnd, onClosed }: EmojiPopoverProps) {
  const anchor = useRef(at.current);
  const pick = (emoji: string, stay: boolean) => {
    onPick(emoji);
    if (!stay) onEnd();
  };
  return (
    <Popover.Root open onOpenChange={(open) => open || onEnd()}>
      <Popover.Anchor virtualRef={anchor} />
      <Popover.Portal>
        <Popover.Content
          className="composer__picker"
          aria-label={t.conversation.emoji}
          side="top"
          align="end"
          sideOffset={8}
          collisionPadding={8}
          onInteractOutside={(event) => {
            // Its own button closes it by itself.
            if (event.target instanceof Node && at.current?.contains(event.target)) event.preventDefault();
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            onClosed();
          }}
        >
          <EmojiPicker onPick={pick} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
