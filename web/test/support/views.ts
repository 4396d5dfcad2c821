import { rest } from "../../src/api/rest.ts";
import type { Conversation, Message } from "../../src/api/types.ts";
import { statusOf } from "../../src/db/status.ts";
import type { Device } from "./device.ts";
import type { Account } from "./server.ts";

const at = (who: Account) => ({ origin: who.url, token: who.token });

export async function views(who: Account): Promise<Conversation[]> {
  const found: Conversation[] = [];
  for (const filter of ["chats", "requests", "archived"] as const) {
    found.push(...(await rest("conversation.list", { filter }, at(who))).items);
  }
  return found;
}

export async function history(who: Account, conversationId: string): Promise<Message[]> {
  const found: Message[] = [];
  let more = true;
  while (more) {
    const before = found[0] === undefined ? {} : { before: found[0].seq };
    const page = await rest("message.history", { conversationId, limit: 100, ...before }, at(who));
    found.unshift(...page.items);
    more = page.hasBefore;
  }
  return found;
}

/** What is compared: without what a viewer is not told the changes of, as of who has blocked them. */
function plain(view: Conversation, messages: Message[], status: (message: Message) => Message["status"]): unknown {
  const { revision: _revision, other, lastMessage, ...rest } = view;
  const line = (message: Message) => {
    const { sender, users, status: _status, ...shown } = message;
    // Of what was unsent nobody is told how far it came.
    const came = message.unsent ? undefined : status(message);
    return { ...sorted(shown), sender: sender.id, users: users?.map((user) => user.id), status: came };
  };
  // How far the others in a group have come is known by the status of messages alone.
  if (rest.kind === "group") Object.assign(rest, { otherReadSeq: undefined, otherDeliveredSeq: undefined });
  return {
    view: sorted(rest),
    other: other && { id: other.id, username: other.username },
    lastMessage: lastMessage && line(lastMessage),
    messages: messages.map(line),
  };
}

function sorted(value: object): object {
  const entries = Object.entries(value).filter(([, each]) => each !== undefined && each !== false);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

export async function shownBy(device: Device): Promise<unknown[]> {
  const rows = await device.engine.db.conversations.orderBy("id").toArray();
  const found: unknown[] = [];
  for (const row of rows) {
    const { logSeq, viewSeq: _viewSeq, request: _request, pendingRead: _pendingRead, ...view } = row;
    if (logSeq !== row.headSeq) found.push({ logSeq });
    found.push(plain(view, await device.messages(row.id), (message) => statusOf(message, view, device.person.id)));
  }
  found.push((await device.engine.db.invites.toCollection().primaryKeys()).sort());
  return found;
}

/** What the server says, as far as the device has loaded it. */
export async function freshFor(device: Device): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const view of (await views(device.person)).sort((one, other) => (one.id < other.id ? -1 : 1))) {
    const stretches = (await device.engine.db.stretches.toArray()).filter((each) => each.conversationId === view.id);
    const messages = (await history(device.person, view.id)).filter((message) =>
      stretches.some(({ fromSeq, toSeq }) => fromSeq <= message.seq && message.seq <= toSeq),
    );
    const isGroup = view.kind === "group";
    const status = (message: Message) => (isGroup ? message.status : statusOf(message, view, device.person.id));
    found.push(plain(view, messages, status));
  }
  const { items } = await rest("group.invites", { limit: 100 }, at(device.person));
  found.push(items.map((item) => item.group.id).sort());
  return found;
}
