import { expect, it } from "vitest";
import type { Message } from "../api/types.ts";
import { fold } from "./fold.ts";

const user = (id: string) => ({ id, username: `@${id}` });
const of = (...reactions: NonNullable<Message["reactions"]>) =>
  ({ id: "m", conversationId: "c", seq: 1, status: "sent", reactions }) as unknown as Message;
const reacted = (userId: string, emoji: string | null, message: Message) => ({
  seq: 2,
  event: "message.reaction" as const,
  data: { conversationId: "c", seq: 2, messageId: "m", userId, emoji, reactions: message.reactions ?? [] },
});
const names = (message: Message) => message.reactions?.map(({ emoji, users }) => [emoji, users.map(({ id }) => id)]);

it("names the person behind the first who have reacted, where all are told these alone", () => {
  const mine = of({ emoji: "👍", users: [user("a"), user("me")], count: 9 });
  const told = of({ emoji: "👍", users: [user("a")], count: 10 });
  expect(names(fold(mine, reacted("b", "👍", told), "me"))).toEqual([["👍", ["a", "me"]]]);
  expect(names(fold(mine, { seq: 2, event: "message.edited", data: { message: told } as never }, "me"))).toEqual([
    ["👍", ["a", "me"]],
  ]);
  expect(names(fold(mine, reacted("me", null, told), "me"))).toEqual([["👍", ["a"]]]);
  expect(names(fold(told, reacted("me", "👍", told), "me"))).toEqual([["👍", ["a", "me"]]]);
  // All of these are named: the person is none of them any more.
  const all = of({ emoji: "👍", users: [user("a")], count: 1 });
  expect(names(fold(mine, reacted("a", "👍", all), "me"))).toEqual([["👍", ["a"]]]);
});
