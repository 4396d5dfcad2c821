import { ApiError } from "../../api/errors.ts";
import type { Friendship } from "../../api/types.ts";
import type { PersonRow } from "../../db/schema.ts";
import type { Engine } from "../../engine/engine.ts";
import { t } from "../../text/people.ts";
import { refusal } from "../../text/refusal.ts";
import { confirm } from "../../ui/confirm.tsx";
import { toast } from "../../ui/toast.tsx";
import { nameOf } from "./person.ts";

type Somebody = Pick<PersonRow, "id" | "displayName" | "username" | "friendship">;

/** What one can do about somebody. Each says itself when it fails, and answers whether it was done. */
export interface PersonActs {
  /** Ask to be friends; who was asked by them accepts by it. */
  request(person: Somebody): Promise<boolean>;
  accept(person: Somebody): Promise<boolean>;
  /** Say no to a request, or take back one's own. */
  decline(person: Somebody): Promise<boolean>;
  /** Asks first. */
  remove(person: Somebody): Promise<boolean>;
  /** Asks first. */
  block(person: Somebody): Promise<boolean>;
  unblock(person: Somebody): Promise<boolean>;
}

export function personActs(engine: Engine): PersonActs {
  const answer = (name: "friend.accept" | "friend.decline" | "friend.remove", friendship: Friendship | undefined) =>
    friendship === undefined ? false : told(engine.call(name, { friendshipId: friendship.id }));
  return {
    request: ({ id }) => told(engine.call("friend.request", { addresseeId: id }), t.people.cannotAsk),
    async accept(person) {
      const done = await answer("friend.accept", person.friendship);
      if (done) toast(t.people.nowFriends(nameOf(person)));
      return done;
    },
    async decline({ friendship }) {
      return answer("friend.decline", friendship);
    },
    async remove(person) {
      const name = nameOf(person);
      const question = { title: t.people.removeTitle(name), text: t.people.removeText(name) };
      const sure = await confirm({ ...question, verb: t.people.removeVerb, danger: true });
      return sure && answer("friend.remove", person.friendship);
    },
    async block(person) {
      const name = nameOf(person);
      const question = { title: t.people.blockTitle(name), text: t.people.blockText(name) };
      const sure = await confirm({ ...question, verb: t.people.blockVerb, danger: true });
      return sure && told(engine.call("friend.block", { userId: person.id }));
    },
    unblock: ({ id }) => told(engine.call("friend.unblock", { userId: id })),
  };
}

/** Whether it was done; if not, it was said why. `conflict`: what stands against it, where the code says too little. */
async function told(call: Promise<unknown>, conflict?: string): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    const words = conflict !== undefined && error instanceof ApiError && error.code === "conflict";
    toast(words ? conflict : refusal(error));
    return false;
  }
}
