import { Popover } from "radix-ui";
import { t } from "../../text/index.ts";
import { EmojiPicker } from "../../ui/EmojiPicker.tsx";
import { useActs } from "./context.ts";
import { atPlace, type OverlayProps } from "./MessageMenu.tsx";

/** The choice of any emoji for a message. */
export default function ReactionPicker({ place, onClose }: OverlayProps) {
  const acts = useActs();
  if (place === undefined) return null;
  const pick = (emoji: string) => {
    onClose();
    acts.react(place.message, emoji);
  };
  return (
    <Popover.Root open onOpenChange={(open) => open || onClose()}>
      <Popover.Anchor className="message-menu__anchor" style={atPlace(place)} />
      <Popover.Portal>
        <Popover.Content
          className="message-menu__picker"
          aria-label={t.conversation.react}
          collisionPadding={8}
          sideOffset={4}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            place.from?.focus({ preventScroll: true });
          }}
        >
          <EmojiPicker onPick={pick} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
