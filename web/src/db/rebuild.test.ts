import { expect, it } from "vitest";
import { outOf } from "./rebuild.ts";

const send = {
  clientId: "a",
  order: 3,
  target: "person:x",
  content: "hello",
  createdAt: "2026-01-01",
  state: "sending",
};

it("keeps what waits in its order, to be sent again", () => {
  const before = { ...send, clientId: "b", order: 2, state: "failed", error: { code: "blocked", detail: "No" } };
  expect(outOf([send, before], []).outbox).toEqual([
    { ...before, order: 1 },
    { ...send, order: 2, state: "waiting" },
  ]);
});

it("keeps no send of which it understands a part only", () => {
  const foreign = [{ ...send, files: ["f"] }, { ...send, content: 1 }, { ...send, target: "channel:x" }, 7, null];
  expect(outOf(foreign, []).outbox).toEqual([]);
});

it("keeps what is being written", () => {
  const draft = { target: "conversation:x", text: "hel" };
  expect(outOf([], [draft, { target: "conversation:y" }, undefined]).drafts).toEqual([draft]);
});

it("keeps files that wait with their bytes, and none without", () => {
  const file = { name: "a.png", size: 3, mimeType: "image/png" };
  const whole = { ...send, clientId: "a", order: 1, file };
  const done = { ...send, clientId: "b", order: 2, file: { ...file, fileId: "f" } };
  const bytes = { clientId: "a", blob: new Blob(["abc"]) };
  const lost = { ...send, clientId: "c", order: 3, file };
  const found = outOf([whole, done, lost, { ...send, clientId: "d", file: {} }], [], [bytes, { clientId: "c" }]);
  expect(found.outbox.map(({ clientId }) => clientId)).toEqual(["a", "b"]);
  expect(found.blobs).toEqual([bytes]);
});
