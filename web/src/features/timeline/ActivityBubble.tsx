import { Mic } from "lucide-react";
import type { Sender } from "../../api/types.ts";
import { NARROW, useMedia } from "../../app/useMedia.ts";
import type { ActivityRow } from "../../db/schema.ts";
import { t } from "../../text/index.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import "./ActivityBubble.css";

interface ActivityBubbleProps {
  activity: ActivityRow;
  name: string;
  /** Whose face stands beside it, in a group. */
  sender?: Sender | undefined;
}

/** Somebody types, records, or lets one see what they are about to write. */
export function ActivityBubble({ activity, name, sender }: ActivityBubbleProps) {
  const narrow = useMedia(NARROW);
  if (sender === undefined) return <Activity activity={activity} name={name} />;
  return (
    <div className="activity-bubble__sender">
      <Avatar id={sender.id} name={sender.displayName} src={sender.profileImage} size={narrow ? 28 : 32} />
      <Activity activity={activity} name={name} />
    </div>
  );
}

function Activity({ activity, name }: ActivityBubbleProps) {
  switch (activity.kind) {
    case "typing":
      return (
        <div className="activity-bubble" role="status">
          <span className="activity-bubble__dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span className="visually-hidden">{t.conversation.isTyping(name)}</span>
        </div>
      );
    case "recording":
      return (
        <div className="activity-bubble" role="status">
          <Mic />
          <span aria-hidden="true">{t.conversation.recording}</span>
          <span className="visually-hidden">{t.conversation.isRecording(name)}</span>
        </div>
      );
    case "draft":
      return (
        <div className="activity-bubble">
          <span className="visually-hidden" role="status">
            {t.conversation.isTyping(name)}
          </span>
          <span className="activity-bubble__draft" dir="auto" aria-hidden="true">
            {/* The end of it is what changes, and what stays in sight. */}
            <span>{[...(activity.text ?? "")].slice(-120).join("")}</span>
          </span>
        </div>
      );
  }
}
