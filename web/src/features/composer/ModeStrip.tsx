import { X } from "lucide-react";
import { t } from "../../text/index.ts";
import { cx } from "../../ui/cx.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { toneOf } from "../../ui/identity.ts";
import { lineOf, nameOf } from "../timeline/names.ts";
import type { Mode } from "./composing.ts";

/** What one answers to, or changes. */
export function ModeStrip({ mode, me, onCancel }: { mode: Mode; me: string; onCancel: () => void }) {
  if (mode.kind === "new") return null;
  const editing = mode.kind === "edit";
  const message = editing ? mode.message : mode.to;
  return (
    <div className="composer__strip">
      <div id="composer-strip" className={cx("composer__strip-words", !editing && toneOf(message.sender.id))}>
        <bdi className="composer__strip-name ellipsis">
          {editing ? t.conversation.editMessage : nameOf(message, me)}
        </bdi>
        <span className="composer__strip-text" dir="auto">
          {lineOf(message)}
        </span>
      </div>
      <IconButton
        size="sm"
        icon={X}
        label={editing ? t.conversation.cancelEdit : t.conversation.cancelReply}
        shortcut="esc"
        onClick={onCancel}
      />
    </div>
  );
}
