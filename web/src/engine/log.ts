import type { Events, Message } from "../api/types.ts";
import type { ConversationRow, Stretch } from "../db/schema.ts";
import { type Entry, fold, foldGroup, isCleared, subject } from "./fold.ts";
import type { Store } from "./store.ts";
import { calls, reach, read, setMentions, setUnread } from "./views.ts";

/** A conversation while entries of its log are applied to it. */
interface Work {
  row: ConversationRow;
  /** The newest stretch, if there is one. */
  top: Stretch | undefined;
  /** Whether how much is unread can't be told from what is here. */
  uncertain: boolean;
  /** Whether what is unread has to be counted again. */
  recount: boolean;
}

/** Applies entries of logs to the database. */
export class Log {
  constructor(private readonly store: Store) {}

  /**
   * Apply the next entries of a conversation's log, in order; those that are applied already are passed over.
   * Answers whether the server has to be asked how the conversation is now.
   */
  apply(conversationId: string, entries: readonly Entry[]): Promise<boolean> {
    return this.store.change(async () => {
      const row = await this.store.db.conversations.get(conversationId);
      if (row === undefined) return false;
      const work: Work = {
        row,
        top: await this.store.stretches(conversationId).last(),
        uncertain: false,
        recount: false,
      };
      for (const entry of entries) if (entry.seq > row.logSeq) await this.one(work, entry);
      await this.store.db.conversations.put(row);
      if (work.top !== undefined) await this.store.db.stretches.put(work.top);
      if (work.recount && !(await this.store.recount(row.id))) work.uncertain = true;
      return work.uncertain;
    });
  }

  private async one(work: Work, entry: Entry): Promise<void> {
    const { row, top } = work;
    const before = row.headSeq;
    if (top !== undefined && top.toSeq >= row.logSeq) top.toSeq = Math.max(top.toSeq, entry.seq);
    row.logSeq = entry.seq;
    row.headSeq = Math.max(row.headSeq, entry.seq);
    if (isCleared(entry)) return;
    if (entry.event === "message.received") {
      await this.received(work, (entry.data as { message: Message }).message, entry.seq > before);
    } else {
      await this.changed(work, entry);
    }
  }

  private async received(work: Work, came: Message, isNew: boolean): Promise<void> {
    const { row } = work;
    const { db, me } = this.store;
    // One that is here already, as from a page, is of later or the same.
    const message = (await db.messages.get(came.id)) ?? came;
    if (message.seq <= (row.clearedSeq ?? 0)) return;
    await db.messages.put(message);
    if (work.top === undefined || work.top.toSeq < message.seq) {
      if (work.top !== undefined) await db.stretches.put(work.top);
      work.top = { conversationId: row.id, fromSeq: message.seq, toSeq: message.seq };
    }
    await this.store.meetSenders([message.sender, ...(message.users ?? [])]);
    await this.store.sent([message]);
    if (message.sender.id !== me) {
      const theirs = db.activity.where("conversationId").equals(row.id);
      await theirs.filter((activity) => activity.userId === message.sender.id).delete();
    }
    // What comes after a request was declined is a new one; what is only caught up with was before.
    if (isNew) delete row.declinedAt;
    if (message.seq <= row.viewSeq) return;
    row.lastMessage = message;
    row.updatedAt = message.createdAt;
    const counts = message.sender.id !== me && message.type !== "system" && !message.unsent;
    if (!counts || message.seq <= read(row)) return;
    setUnread(row, row.unreadCount + 1, row.unreadCapped);
    if (row.kind === "group" && calls(message, me)) {
      setMentions(row, (row.mentionCount ?? 0) + 1, row.firstMentionSeq ?? message.seq);
    }
  }

  private async changed(work: Work, entry: Entry): Promise<void> {
    const { row } = work;
    const { db, me } = this.store;
    const id = subject(entry);
    const message = id === undefined ? undefined : await db.messages.get(id);
    if (message !== undefined) await db.messages.put(fold(message, entry, me));
    if (entry.event === "message.unsent" && id !== undefined) {
      for (const quoting of await db.messages.where("replyTo.id").equals(id).toArray()) {
        await db.messages.put(fold(quoting, entry, me));
      }
    }
    if (entry.seq <= row.viewSeq) return;
    foldGroup(row, entry, me);
    if (entry.event === "group.member_joined") await this.joined(row, entry);
    if (entry.event === "message.edited" && row.kind === "group") this.recalled(work, entry, message);
    if (row.lastMessage !== undefined) row.lastMessage = fold(row.lastMessage, entry, me);
    if (entry.event === "message.unsent" && row.unreadCount > 0) this.uncount(work, message);
  }

  /** A message was taken back that may have been unread. */
  private uncount(work: Work, message: Message | undefined): void {
    const { row } = work;
    if (message === undefined || row.unreadCapped) work.uncertain = true;
    else if (!message.unsent && message.sender.id !== this.store.me && message.seq > read(row)) {
      setUnread(row, row.unreadCount - 1);
      if (calls(message, this.store.me)) work.recount = true;
    }
  }

  /** An unread message may call the person now, or no more. */
  private recalled(work: Work, entry: Entry, before: Message | undefined): void {
    const { me } = this.store;
    const { message: after } = entry.data as Events["chatr.message.edited"];
    if (after.sender.id === me || after.seq <= read(work.row)) return;
    if (before === undefined) work.uncertain ||= calls(after, me) || (work.row.mentionCount ?? 0) > 0;
    else if (calls(before, me) !== calls(after, me)) work.recount = true;
  }

  /** What there was when somebody came counts as read by them: nothing else is told where nobody else was. */
  private async joined(row: ConversationRow, { seq, data }: Entry): Promise<void> {
    if ((data as Events["chatr.group.member_joined"]).memberCount !== 2) return;
    // Before it is the system entry that says the same.
    const before = seq - 2;
    const isShown = await this.store.seesReceipts();
    reach(row, { otherDeliveredSeq: before, otherReadSeq: isShown ? before : 0 });
  }
}
