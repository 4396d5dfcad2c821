import { Mic } from "lucide-react";
import type { ActivityRow } from "../../db/schema.ts";
import { t } from "../../text/index.ts";
import "./ActivityBubble.css";

/** Somebody types, records, or lets one see what they are about to write. */
export function ActivityBubble({ activity, name }: { activity: ActivityRow; name: string }) {
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
