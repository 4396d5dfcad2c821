import { expect, test } from "vitest";
import { requestOf } from "../src/api/rest.ts";

test("variables of a path leave the parameters, a GET has the rest as its query", () => {
  expect(requestOf("message.history", { conversationId: "a/b", before: 7, limit: undefined })).toEqual({
    verb: "GET",
    url: "/messages/history?conversationId=a%2Fb&before=7",
    body: undefined,
  });
  expect(requestOf("conversation.accept", { id: "x" })).toEqual({
    verb: "POST",
    url: "/conversations/x/accept",
    body: "{}",
  });
});
