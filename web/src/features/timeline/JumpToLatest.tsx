import { ChevronDown } from "lucide-react";
import { t } from "../../text/index.ts";
import { Count } from "../../ui/Count.tsx";

/** Back to the newest, and how many came there since. */
export function JumpToLatest({ count, onJump }: { count: number; onJump: () => void }) {
  const label = count === 0 ? t.conversation.jumpToLatest : t.conversation.jumpToLatestWith(String(count));
  return (
    <button type="button" className="timeline__jump" aria-label={label} onClick={onJump}>
      <ChevronDown />
      <Count value={count} />
    </button>
  );
}
