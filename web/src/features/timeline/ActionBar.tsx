import { Ellipsis, Reply, SmilePlus } from "lucide-react";
import type { MouseEvent } from "react";
import type { Message } from "../../api/types.ts";
import { t } from "../../text/index.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import type { Allowed } from "./allowed.ts";
import { useActs } from "./context.ts";
import "./ActionBar.css";

const place = (event: MouseEvent<HTMLElement>) => event.currentTarget.getBoundingClientRect();

/** What is done most with a message, at its upper edge while the pointer or the focus is on it. */
export function ActionBar({ message, may }: { message: Message; may: Allowed }) {
  const acts = useActs();
  return (
    <div className="action-bar">
      {may.react && (
        <IconButton
          size="sm"
          tabIndex={-1}
          icon={SmilePlus}
          label={t.conversation.react}
          shortcut="+"
          onClick={(event) => acts.pick(message, place(event))}
        />
      )}
      {may.reply && (
        <IconButton
          size="sm"
          tabIndex={-1}
          icon={Reply}
          label={t.conversation.reply}
          shortcut="r"
          onClick={() => acts.reply(message)}
        />
      )}
      <IconButton
        size="sm"
        tabIndex={-1}
        icon={Ellipsis}
        label={t.conversation.actions}
        shortcut="enter"
        aria-haspopup="menu"
        onClick={(event) => acts.menu(message, place(event))}
      />
    </div>
  );
}
