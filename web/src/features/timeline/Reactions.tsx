import type { Message } from "../../api/types.ts";
import { t } from "../../text/index.ts";
import { cx } from "../../ui/cx.ts";
import { Tooltip } from "../../ui/Tooltip.tsx";
import { useActs, useView } from "./context.ts";
import "./Reactions.css";

/** Who chose what. A click chooses the same, or takes one's own back. */
export function Reactions({ message }: { message: Message }) {
  const { me, canReact } = useView();
  const acts = useActs();
  return (
    <div className="reactions">
      {(message.reactions ?? []).map(({ emoji, users }) => {
        const mine = users.some((user) => user.id === me);
        const names = users.map((user) => (user.id === me ? t.common.you : user.username)).join(", ");
        return (
          <Tooltip key={emoji} label={t.conversation.reactedBy(emoji, names)}>
            <button
              type="button"
              tabIndex={-1}
              className={cx("reactions__chip", mine && "reactions__chip--mine")}
              aria-pressed={mine}
              disabled={!canReact}
              onClick={() => acts.react(message, emoji)}
            >
              {t.conversation.reaction(emoji, users.length)}
              <span className="visually-hidden">{names}</span>
            </button>
          </Tooltip>
        );
      })}
    </div>
  );
}
