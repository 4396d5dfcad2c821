import type { ConversationUpdateParams } from "../../../api/types.ts";
import type { ConversationRow } from "../../../db/schema.ts";
import type { Engine } from "../../../engine/engine.ts";
import { t } from "../../../text/index.ts";
import { refusal } from "../../../text/refusal.ts";
import { confirm } from "../../../ui/confirm.tsx";
import { toast } from "../../../ui/toast.tsx";

/** What one can do with a chat of the list. Each says itself when it fails. */
export interface ChatActions {
  pin(chat: ConversationRow): Promise<void>;
  archive(chat: ConversationRow): Promise<void>;
  /** Until when (milliseconds since 1970); null ends it. */
  mute(chat: ConversationRow, until: number | null): Promise<void>;
  markRead(chat: ConversationRow): void;
  /** Asks first. A group is left, for there is no copy of one's own that could go. */
  remove(chat: ConversationRow, name: string): Promise<void>;
}

/** `leave` is called when the conversation is not in the list any more. */
export function chatActions(engine: Engine, leave: (conversationId: string) => void): ChatActions {
  const update = (params: ConversationUpdateParams) => told(engine.call("conversation.update", params));
  return {
    async pin({ id, pinned }) {
      await update({ id, pinned: !pinned });
    },
    async archive({ id, archived = false }) {
      if (!(await update({ id, archived: !archived })) || archived) return;
      const undo = () => void update({ id, archived: false });
      toast(t.chats.archived, { action: { label: t.chats.undo, onClick: undo } });
    },
    async mute({ id }, until) {
      await update({ id, mutedUntil: until === null ? null : new Date(until).toISOString() });
    },
    markRead({ id, headSeq }) {
      engine.markRead(id, headSeq);
    },
    async remove({ id, kind }, name) {
      if (kind === "group") {
        if (await leaveGroup(engine, id)) leave(id);
        return;
      }
      const text = t.chats.deleteDirect(name);
      const sure = await confirm({ title: t.chats.deleteTitle, text, verb: t.chats.deleteChat, danger: true });
      if (sure && (await told(engine.call("conversation.delete", { id })))) leave(id);
    },
  };
}

/** Who inherits it, or that it goes, is said before: that is asked of the server. */
async function leaveGroup(engine: Engine, id: string): Promise<boolean> {
  try {
    const asked = engine.call("group.get", { id });
    // What knows of groups comes when it is asked for.
    const [{ groupActs }, { rosterOf }] = await Promise.all([
      import("../../groups/groupActs.ts"),
      import("../../groups/roster.ts"),
    ]);
    return await groupActs(engine, rosterOf(await asked), () => undefined).leave();
  } catch (error) {
    toast(refusal(error));
    return false;
  }
}

/** Whether it was done; if not, it was said why. */
async function told(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    toast(refusal(error));
    return false;
  }
}
