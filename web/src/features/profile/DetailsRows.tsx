import { type LucideIcon, Pin } from "lucide-react";
import type { ConversationRow } from "../../db/schema.ts";
import { t } from "../../text/people.ts";
import { cx } from "../../ui/cx.ts";
import { Switch } from "../../ui/Switch.tsx";
import "./PersonDetails.css";
import { useChatActions } from "./useChatActions.ts";

interface DetailsRowProps {
  icon: LucideIcon;
  label: string;
  danger?: boolean;
  onClick: () => void;
}

/** An act of details that has a line of its own. */
export function DetailsRow({ icon: Icon, label, danger = false, onClick }: DetailsRowProps) {
  return (
    <button type="button" className={cx("person-row", danger && "person-row--danger")} onClick={onClick}>
      <Icon />
      <span className="ellipsis" dir="auto">
        {label}
      </span>
    </button>
  );
}

/** Whether a chat stands above the others. */
export function PinRow({ conversation }: { conversation: ConversationRow }) {
  const actions = useChatActions();
  return (
    <SwitchRow
      icon={Pin}
      label={t.people.pin}
      checked={conversation.pinned === true}
      onChange={() => void actions.pin(conversation)}
    />
  );
}

interface SwitchRowProps {
  icon: LucideIcon;
  label: string;
  checked: boolean;
  onChange: () => void;
}

export function SwitchRow({ icon: Icon, ...rest }: SwitchRowProps) {
  return (
    <div className="person-switch">
      <Icon />
      <Switch {...rest} />
    </div>
  );
}
