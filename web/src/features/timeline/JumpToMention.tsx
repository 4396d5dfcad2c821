import { AtSign } from "lucide-react";
import { t } from "../../text/index.ts";
import { Count } from "../../ui/Count.tsx";

/** To the first message that calls the reader and is not read. */
export function JumpToMention({ count, onJump }: { count: number; onJump: () => void }) {
  return (
    <button
      type="button"
      className="timeline__jump timeline__jump--mention"
      aria-label={t.conversation.jumpToMention(count)}
      onClick={onJump}
    >
      <AtSign />
      <Count value={count} />
    </button>
  );
}
