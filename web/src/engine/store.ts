import Dexie from "dexie";
import type { Conversation, Me, Message, MessageStatusChanged, User } from "../api/types.ts";
import type { ChatrDatabase, ConversationRow, MetaValues, PersonRow } from "../db/schema.ts";
import { takeOut } from "./sends.ts";
import { calls, personOf, type Reached, reach, read, rowOf, setMentions, setUnread, userOf } from "./views.ts";

/** All rows of one conversation, by an index that begins with its id. */
export function within(conversationId: string): [[string, typeof Dexie.minKey], [string, typeof Dexie.maxKey]] {
  return [
    [conversationId, Dexie.minKey],
    [conversationId, Dexie.maxKey],
  ];
}

const SENDER_REVISION = -1;

/** Writes conversations and people to the database: the newest of each by its revision, in whatever order they come. */
export class Store {
  constructor(
    readonly db: ChatrDatabase,
    readonly me: string,
  ) {}

  /** Do something to all that conversations are made of, at once or not at all. */
  change<T>(work: () => Promise<T>): Promise<T> {
    const { conversations, messages, stretches, outbox, blobs, people, drafts, removed } = this.db;
    const { meta, activity, invites } = this.db;
    const tables = [
      conversations,
      messages,
      stretches,
      outbox,
      blobs,
      people,
      drafts,
      removed,
      meta,
      activity,
      invites,
    ];
    return this.db.transaction("rw", tables, work);
  }

  async meta<K extends keyof MetaValues>(key: K): Promise<MetaValues[K] | undefined> {
    return (await this.db.meta.get(key))?.value as MetaValues[K] | undefined;
  }

  async setMeta<K extends keyof MetaValues>(key: K, value: MetaValues[K]): Promise<void> {
    await this.db.meta.put({ key, value });
  }

  /** Take views of conversations; `told` as for {@link rowOf}. */
  putViews(views: readonly Conversation[], told = false): Promise<void> {
    return this.change(async () => {
      const ids = views.map((view) => view.id);
      const removed = await this.db.removed.bulkGet(ids);
      const rows = await this.db.conversations.bulkGet(ids);
      const logs = await this.withLog(ids);
      const others = await this.meet(views.flatMap((view) => view.other ?? []));
      const next: ConversationRow[] = [];
      for (const [index, view] of views.entries()) {
        if (view.revision < (removed[index]?.revision ?? 0)) continue;
        const other = view.other === undefined ? undefined : others.get(view.other.id);
        const known = { row: rows[index], hasLog: logs.has(view.id), other: other && userOf(other) };
        next.push(rowOf(view, known, this.me, told));
      }
      await this.db.conversations.bulkPut(next);
      // Whoever is in a group waits for it no more.
      await this.db.invites.bulkDelete(next.map((row) => row.id));
      await this.moveSends(next);
      for (const row of next) {
        if (logs.has(row.id)) await this.clear(row);
        else if (!told) await this.beginLog(row);
      }
      const seen = new Map(views.map((view) => [view.id, view.readSeq]));
      for (const row of next) {
        if (views.length === 1 || row.readSeq > (seen.get(row.id) ?? 0)) await this.recount(row.id);
      }
    });
  }

  /** What was deleted from the view is not here any more. */
  private async clear({ id, clearedSeq = 0 }: ConversationRow): Promise<void> {
    if (clearedSeq === 0) return;
    const cleared: [string, number] = [id, clearedSeq];
    await this.db.messages.where("[conversationId+seq]").between([id, Dexie.minKey], cleared, true, true).delete();
  }

  /**
   * What is here of a log begins with the last message: what is behind that is about others. Not of all conversations
   * that a sync brings: nobody may look at most of them, and what is here has to be caught up with each time.
   */
  private async beginLog({ id, lastMessage, logSeq }: ConversationRow): Promise<void> {
    if (lastMessage === undefined || lastMessage.seq > logSeq) return;
    await this.db.messages.put(lastMessage);
    await this.sent([lastMessage]);
    await this.db.stretches.put({ conversationId: id, fromSeq: lastMessage.seq, toSeq: logSeq });
  }

  /** Messages are here that may wait to be acknowledged: they were stored. */
  async sent(messages: readonly Message[]): Promise<void> {
    const own = messages.flatMap(({ sender, clientId }) => (sender.id === this.me && clientId ? [clientId] : []));
    await takeOut(this.db, own);
  }

  /** What waits to be sent to a person, or is being written, goes to the conversation with them from now on. */
  private async moveSends(rows: readonly ConversationRow[]): Promise<void> {
    const persons = this.db.drafts.where("target").startsWith("person:");
    const drafts = new Map((await persons.toArray()).map((draft) => [draft.target, draft]));
    const waiting = new Set(await this.db.outbox.where("[target+order]").between(["person:"], ["person;"]).keys());
    const targets = new Set([...waiting].map((key) => (key as unknown as [string, number])[0]));
    for (const { id, other } of rows) {
      const [from, to] = [`person:${other?.id}`, `conversation:${id}`];
      if (targets.has(from)) {
        await this.db.outbox
          .where("[target+order]")
          .between(...within(from))
          .modify({ target: to });
      }
      const draft = drafts.get(from);
      if (draft === undefined) continue;
      await this.db.drafts.delete(from);
      if ((await this.db.drafts.get(to)) === undefined) await this.db.drafts.put({ ...draft, target: to });
    }
  }

  /** Of which conversations something of the log is here. */
  async withLog(ids: readonly string[]): Promise<Set<string>> {
    if (ids.length > 20) return new Set((await this.db.stretches.toCollection().primaryKeys()).map(([id]) => id));
    const found = new Set<string>();
    for (const id of ids) if ((await this.stretches(id).count()) > 0) found.add(id);
    return found;
  }

  stretches(conversationId: string) {
    return this.db.stretches.where("[conversationId+fromSeq]").between(...within(conversationId));
  }

  /** Take people as they are now, unless they are known as they are later; answers how they are known. */
  async meet(people: readonly User[]): Promise<Map<string, PersonRow>> {
    const found = new Map<string, PersonRow>();
    const changed: PersonRow[] = [];
    const known = await this.db.people.bulkGet(people.map((person) => person.id));
    for (const [index, person] of people.entries()) {
      const before = found.get(person.id) ?? known[index];
      if (before !== undefined && person.revision < before.revision) {
        found.set(person.id, before);
        continue;
      }
      const row = personOf(person, before);
      found.set(person.id, row);
      if (before === undefined || person.revision > before.revision) changed.push(row);
    }
    await this.db.people.bulkPut([...found.values()]);
    const metBefore = new Set(known.flatMap((row) => row?.id ?? []));
    for (const row of changed) {
      if (!metBefore.has(row.id)) continue;
      await this.db.conversations
        .where("other.id")
        .equals(row.id)
        .modify({ other: userOf(row) });
    }
    return found;
  }

  /** Keep who wrote something, where nothing else is known of them: what stands at messages has no revision. */
  async meetSenders(senders: readonly Omit<User, "revision">[]): Promise<void> {
    const known = await this.db.people.bulkGet(senders.map((sender) => sender.id));
    const rows = new Map<string, PersonRow>();
    for (const [index, sender] of senders.entries()) {
      const before = known[index];
      if (before !== undefined && before.revision > SENDER_REVISION) continue;
      rows.set(sender.id, { ...before, ...sender, revision: SENDER_REVISION });
    }
    await this.db.people.bulkPut([...rows.values()]);
  }

  /** The own account. */
  setMe(me: Me): Promise<void> {
    return this.change(async () => {
      const known = await this.meta("me");
      if (known !== undefined && me.revision < known.revision) return;
      await this.setMeta("me", me);
      if (!me.privacy.readReceipts) await this.seeNoReceipts();
      const { emailVerified: _e, phoneVerified: _p, twoFactorEnabled: _t, privacy: _v, settings: _s, ...user } = me;
      await this.meet([user]);
    });
  }

  /** Who gives no receipts is shown none; of direct conversations the server says so. */
  private async seeNoReceipts(): Promise<void> {
    const groups = this.db.conversations.filter((row) => row.kind === "group" && row.otherReadSeq !== undefined);
    await groups.modify((row) => {
      delete row.otherReadSeq;
    });
  }

  /** Whether others' reading is shown to the person: guests have no say in it. */
  async seesReceipts(): Promise<boolean> {
    return (await this.meta("me"))?.privacy.readReceipts !== false;
  }

  /** All others in a group have come so far, as far as one is shown it. */
  reach(conversationId: string, reached: Reached): Promise<void> {
    return this.change(async () => {
      const row = await this.db.conversations.get(conversationId);
      if (row?.kind !== "group") return;
      reach(row, (await this.seesReceipts()) ? reached : { otherDeliveredSeq: reached.otherDeliveredSeq });
      await this.db.conversations.put(row);
    });
  }

  /** A conversation is no more; without a revision, as of one's own call, that is above any view from before. */
  remove(conversationId: string, revision?: number): Promise<void> {
    return this.change(async () => {
      const row = await this.db.conversations.get(conversationId);
      const upTo = revision ?? (row === undefined ? 0 : row.revision + 1);
      if (row !== undefined && row.revision > upTo) return;
      const known = (await this.db.removed.get(conversationId))?.revision ?? 0;
      await this.db.removed.put({ id: conversationId, revision: Math.max(upTo, known) });
      await this.db.conversations.delete(conversationId);
      await this.forgetLog(conversationId);
      await this.db.activity.where("conversationId").equals(conversationId).delete();
      // In a direct one it still arrives, and brings the conversation back.
      if (row?.kind === "group") await this.failSends(conversationId);
    });
  }

  /** What waits to be sent to a group that one is not in any more. */
  private async failSends(conversationId: string): Promise<void> {
    const error = { code: "not_found", detail: "You are not in this group any more" };
    await this.db.outbox
      .where("[target+order]")
      .between(...within(`conversation:${conversationId}`))
      .modify({ state: "failed", error });
  }

  /** The newest groups where messages of one's own are here that have not been read by all, as far as that is known. */
  async awaited(most: number): Promise<string[]> {
    const groups = await this.db.conversations.filter((row) => row.kind === "group").sortBy("updatedAt");
    const mark = (await this.seesReceipts()) ? "otherReadSeq" : "otherDeliveredSeq";
    const found: string[] = [];
    for (const row of groups.reverse()) {
      const above = [row.id, row[mark] ?? 0];
      const own = this.db.messages
        .where("[conversationId+seq]")
        .between(above, [row.id, Dexie.maxKey], false)
        .filter((message) => message.sender.id === this.me && message.type !== "system");
      if ((await own.first()) !== undefined) found.push(row.id);
      if (found.length === most) break;
    }
    return found;
  }

  /** Forget what is here of a conversation's log. */
  async forgetLog(conversationId: string): Promise<void> {
    await this.stretches(conversationId).delete();
    await this.db.messages
      .where("[conversationId+seq]")
      .between(...within(conversationId))
      .delete();
  }

  /** Forget all that the server has to tell again, but what waits to be sent. */
  async forgetAll(epoch: boolean): Promise<void> {
    await Promise.all([this.db.conversations.clear(), this.db.messages.clear(), this.db.stretches.clear()]);
    if (!epoch) return;
    await Promise.all([this.db.people.clear(), this.db.removed.clear(), this.db.invites.clear()]);
    await Promise.all([this.db.meta.delete("cursor"), this.db.meta.delete("me")]);
  }

  /** Watermarks: the own ones, or those of the other in a direct conversation. */
  mark(status: Omit<MessageStatusChanged, "at">): Promise<boolean> {
    return this.change(async () => {
      const row = await this.db.conversations.get(status.conversationId);
      if (row === undefined) return true;
      if (status.userId === this.me) {
        row.readSeq = Math.max(row.readSeq, status.readSeq);
        row.deliveredSeq = Math.max(row.deliveredSeq, status.deliveredSeq);
      } else {
        row.otherReadSeq = Math.max(row.otherReadSeq ?? 0, status.readSeq);
        row.otherDeliveredSeq = Math.max(row.otherDeliveredSeq ?? 0, status.deliveredSeq);
      }
      await this.db.conversations.put(row);
      return status.userId !== this.me || this.recount(row.id);
    });
  }

  /** Count what is unread again, where all of it is here; false: the server has to be asked. */
  async recount(conversationId: string): Promise<boolean> {
    const row = await this.db.conversations.get(conversationId);
    if (row === undefined || row.unreadCount === 0) return true;
    const mark = read(row);
    if (mark >= row.headSeq) {
      setUnread(row, 0);
      await this.db.conversations.put(row);
      return true;
    }
    const top = await this.stretches(conversationId).last();
    if (row.unreadCapped || row.headSeq > row.logSeq || top === undefined) return false;
    if (top.fromSeq > mark + 1 || top.toSeq < row.logSeq) return false;
    const unread = await this.db.messages
      .where("[conversationId+seq]")
      .between([row.id, mark], [row.id, Dexie.maxKey], false)
      .filter((message) => !message.unsent && message.type !== "system" && message.sender.id !== this.me)
      .toArray();
    setUnread(row, unread.length);
    const mentions = row.kind === "group" ? unread.filter((message) => calls(message, this.me)) : [];
    setMentions(row, mentions.length, mentions[0]?.seq);
    await this.db.conversations.put(row);
    return true;
  }
}
