import { t } from "../../text/index.ts";
import { confirm } from "../../ui/confirm.tsx";

/** Whether one really wants to. */
export function askToBlock(name: string): Promise<boolean> {
  return confirm({
    title: t.conversation.blockTitle(name),
    text: t.conversation.blockText(name),
    verb: t.conversation.blockVerb,
    danger: true,
  });
}
