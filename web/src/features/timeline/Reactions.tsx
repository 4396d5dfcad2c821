import type { Message } from "../../api/types.ts";
import { t } from "../../text/index.ts";
import { cx } from "../../ui/cx.ts";
import { Tooltip } from "../../ui/Tooltip.tsx";
import { useActs, useView } from "./context.ts";
import "./Reactions.css";

/** In what is shown beside it: all of them stand in the details. */
const MOST_NAMES = 12;

/** The first who chose it, and how many more did. */
function namesOf(users: readonly { id: string; username: string }[], count: number, me: string): string {
  const names = users.slice(0, MOST_NAMES).map((user) => (user.id === me ? t.common.you : user.username));
  return [...names, ...(count > names.length ? [t.conversation.moreReacted(count - names.length)] : [])].join(", ");
}

/** Who chose what. A click chooses the same, or takes one's own back. */
export function Reactions({ message }: { message: Message }) {
  const { me, canReact } = useView();
  const acts = useActs();
  return (
    <div className="reactions">
      {(message.reactions ?? []).map(({ emoji, users, count }) => {
        const mine = users.some((user) => user.id === me);
        const names = namesOf(users, count, me);
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
              {t.conversation.reaction(emoji, count)}
              <span className="visually-hidden">{names}</span>
            </button>
          </Tooltip>
        );
      })}
    </div>
  );
}
