import type { Conversation, Events, FriendshipResult, Me, Message, ResultOf, User } from "../api/types.ts";
import { Activity } from "./activity.ts";
import { putWaveform } from "./audio.ts";
import type { GroupEvent } from "./engine.ts";
import type { Item } from "./feed.ts";
import { Friends } from "./friends.ts";
import { Invites } from "./invites.ts";
import { Log } from "./log.ts";
import { Presence } from "./presence.ts";
import type { Store } from "./store.ts";

/** Hears what happens in a group; without one, in any. */
export type HearsGroup = (groupId: string | undefined, told: GroupEvent) => void;

/** Puts what events and answers say into the database. */
export class News {
  readonly log: Log;
  readonly presence: Presence;
  readonly friends: Friends;
  readonly activity: Activity;
  readonly invites: Invites;

  /** `received`: hears of conversations that have messages more. */
  constructor(
    readonly store: Store,
    readonly received: (conversationId: string) => void,
    readonly group: HearsGroup = () => undefined,
  ) {
    this.invites = new Invites(store);
    this.log = new Log(store);
    this.presence = new Presence(store);
    this.friends = new Friends(store);
    this.activity = new Activity(store);
  }

  /** Take an event that is no entry of a log; answers which conversation has to be looked at, if one has. */
  async event(name: string, data: unknown): Promise<string | undefined> {
    const topic = `chatr.${name}` as keyof Events;
    switch (topic) {
      case "chatr.conversation.created":
      case "chatr.conversation.updated":
      case "chatr.conversation.accepted":
      case "chatr.conversation.declined": {
        const { conversation } = data as { conversation?: Conversation };
        if (conversation !== undefined) await this.store.putViews([conversation]);
        // What is behind in its log is on its way, or shows itself as a gap with the next entry.
        return undefined;
      }
      case "chatr.conversation.removed": {
        const { conversationId, revision } = data as Events[typeof topic];
        return void (await this.store.remove(conversationId, revision));
      }
      case "chatr.message.status": {
        const status = data as Events[typeof topic];
        return (await this.store.mark(status)) ? undefined : status.conversationId;
      }
      case "chatr.message.receipts": {
        const receipts = data as Events[typeof topic];
        await this.store.reach(receipts.conversationId, receipts);
        return void this.group(receipts.conversationId, { event: "message.receipts", data: receipts });
      }
      case "chatr.audio.waveform":
        return void (await putWaveform(this.store, data as Events[typeof topic]));
      case "chatr.group.created":
        return void (await this.store.putViews([(data as Events[typeof topic]).conversation]));
      case "chatr.group.invited":
        return void (await this.invites.come(data as Events[typeof topic]));
      case "chatr.group.deleted":
        // That it is gone for a member too says an event of its own, with the revision.
        return void (await this.invites.gone((data as Events[typeof topic]).groupId));
      case "chatr.group.invite_revoked": {
        const revoked = data as Events[typeof topic];
        await this.invites.gone(revoked.groupId, revoked.revision);
        return void this.group(revoked.groupId, { event: "group.invite_revoked", data: revoked });
      }
      case "chatr.group.invite_declined": {
        const declined = data as Events[typeof topic];
        if (declined.user.id === this.store.me) await this.invites.gone(declined.groupId, declined.revision);
        return void this.group(declined.groupId, { event: "group.invite_declined", data: declined });
      }
      case "chatr.group.join_requested": {
        const requested = data as Events[typeof topic];
        return void this.group(requested.groupId, { event: "group.join_requested", data: requested });
      }
      case "chatr.user.updated":
        return void (await this.person((data as Events[typeof topic]).user));
      case "chatr.presence.changed":
        return void (await this.presence.take([data as Events[typeof topic]]));
      case "chatr.friend.requested":
      case "chatr.friend.accepted":
      case "chatr.friend.declined":
      case "chatr.friend.removed":
        return void (await this.friends.changed(data as Events[typeof topic]));
      case "chatr.friend.blocked":
      case "chatr.friend.unblocked":
        return void (await this.friends.blocked(data as Events[typeof topic], topic === "chatr.friend.blocked"));
      case "chatr.activity.typing":
      case "chatr.activity.recording": {
        const { conversationId, userId, active } = data as Events[typeof topic];
        const kind = topic === "chatr.activity.typing" ? "typing" : "recording";
        return void (await this.activity[active ? "heard" : "over"](kind, conversationId, userId));
      }
      case "chatr.activity.draft": {
        const { conversationId, userId, text } = data as Events[typeof topic];
        const what = text === "" ? "over" : "heard";
        return void (await this.activity[what]("draft", conversationId, userId, text));
      }
      default:
        // What the server tells newer clients.
        return undefined;
    }
  }

  private async person(user: Me | User): Promise<void> {
    if (user.id === this.store.me) await this.store.setMe(user as Me);
    else await this.store.change(() => this.store.meet([user]));
  }

  /** Take what an own call answered, of which no event comes; answers what is still to be handled. */
  async answered(name: string, params: unknown, answer: unknown): Promise<Exclude<Item, { kind: "answer" }>[]> {
    switch (name) {
      case "message.send": {
        const message = answer as Message;
        const { conversationId, seq } = message;
        return [{ kind: "event", name: "message.received", data: { conversationId, seq, message } }];
      }
      case "message.edit":
      case "message.unsend":
      case "message.react":
        return [{ kind: "logged", conversationId: (answer as Message).conversationId }];
      case "message.mark_listened": {
        const message = await this.store.db.messages.get((params as { id: string }).id);
        return message === undefined ? [] : [{ kind: "logged", conversationId: message.conversationId }];
      }
      case "message.mark_read":
      case "message.mark_delivered":
        return this.marked(name === "message.mark_read", params as { id: string; seq: number });
      case "group.invite":
      case "group.link_create":
      case "group.update":
      case "group.remove_image":
      case "group.remove_cover_image":
      case "group.remove_member":
      case "group.promote":
      case "group.demote":
      case "group.transfer_ownership":
      case "group.step_down":
        return [{ kind: "logged", conversationId: (params as { id: string }).id }];
      case "group.decline":
        await this.invites.gone((params as { id: string }).id);
        return [];
      case "group.leave":
      case "group.delete":
      case "conversation.decline":
      case "conversation.delete":
        await this.store.remove((params as { id: string }).id);
        return [];
      case "friend.request":
      case "friend.accept":
      case "friend.decline":
      case "friend.remove":
        await this.friends.answered((answer as FriendshipResult).friendship);
        return [];
      case "friend.block":
      case "friend.unblock":
        await this.friends.block((params as { userId: string }).userId, name === "friend.block");
        return [];
      default:
        await this.shown(name, answer);
        return [];
    }
  }

  /** What calls answer that has revisions, so that it may be taken at any time and in any order. */
  async shown(name: string, answer: unknown): Promise<void> {
    switch (name) {
      case "user.me":
      case "user.update":
      case "user.update_settings":
        return this.store.setMe(answer as Me);
      case "conversation.update":
      case "conversation.accept":
      case "conversation.get":
      case "conversation.with_user":
      case "group.create":
      case "group.accept":
      case "group.join_by_link":
        return this.store.putViews([answer as Conversation]);
      case "group.invites": {
        const { items, nextCursor } = answer as ResultOf<"group.invites">;
        return nextCursor ? undefined : this.invites.take(items);
      }
      case "group.list":
        return this.store.putViews((answer as ResultOf<"group.list">).items);
      case "group.get":
        return this.meet((answer as ResultOf<"group.get">).members.map((member) => member.user));
      case "message.readers":
        return this.meet((answer as ResultOf<"message.readers">).items.map((reader) => reader.user));
      case "user.get":
      case "user.get_by_username":
        return this.meet([answer as User]);
      case "user.search":
        return this.meet((answer as ResultOf<"user.search">).items);
      case "friend.list":
      case "friend.incoming":
      case "friend.outgoing":
      case "friend.blocked":
        return this.meet((answer as ResultOf<"friend.list">).items.map((line) => line.user));
      case "presence.query":
        return this.presence.take((answer as ResultOf<"presence.query">).items);
    }
  }

  private async meet(people: readonly User[]): Promise<void> {
    await this.store.change(() => this.store.meet(people));
  }

  private async marked(
    isRead: boolean,
    { id, seq }: { id: string; seq: number },
  ): Promise<Exclude<Item, { kind: "answer" }>[]> {
    const row = await this.store.db.conversations.get(id);
    // The server bounds it by its head at that moment.
    if (row === undefined || seq > row.headSeq) return [{ kind: "changed", conversationId: id }];
    const status = { conversationId: id, userId: this.store.me, deliveredSeq: seq, readSeq: isRead ? seq : 0 };
    return [{ kind: "event", name: "message.status", data: status }];
  }
}
