import type { Conversation, Events, FriendshipResult, Me, Message, ResultOf, User } from "../api/types.ts";
import { Activity } from "./activity.ts";
import type { Item } from "./feed.ts";
import { Friends } from "./friends.ts";
import { Log } from "./log.ts";
import { Presence } from "./presence.ts";
import type { Store } from "./store.ts";

/** Puts what events and answers say into the database. */
export class News {
  readonly log: Log;
  readonly presence: Presence;
  readonly friends: Friends;
  readonly activity: Activity;

  /** `received`: hears of conversations that have messages more. */
  constructor(
    readonly store: Store,
    readonly received: (conversationId: string) => void,
  ) {
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
      case "chatr.message.receipts":
        return void (await this.log.receipts(data as Events[typeof topic]));
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
      case "message.mark_read":
      case "message.mark_delivered":
        return this.marked(name === "message.mark_read", params as { id: string; seq: number });
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
        return this.store.putViews([answer as Conversation]);
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
