import type { Sender } from "../../api/types.ts";
import { NARROW, useMedia } from "../../app/useMedia.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import { useActs } from "./context.ts";
import "./SenderFace.css";

/** The face of who wrote in a group, which opens their card; the menu of a message does so by keyboard. */
export function SenderFace({ sender }: { sender: Sender }) {
  const acts = useActs();
  const narrow = useMedia(NARROW);
  const { id, displayName, profileImage } = sender;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a short cut to what the menu of the message has, too.
    // biome-ignore lint/a11y/useKeyWithClickEvents: as above.
    <span className="sender-face" onClick={(event) => acts.person(id, event.currentTarget)}>
      <Avatar id={id} name={displayName} src={profileImage} size={narrow ? 28 : 32} />
    </span>
  );
}
