import { expect, it } from "vitest";
import { albumsOf } from "./sends.ts";

const file = (name: string) => ({ name, mimeType: "image/png", blob: new Blob([name]) });

it("sends one file as it is", () => {
  expect(albumsOf([file("a")], { caption: "Look", replyToId: "m" })).toEqual([
    { content: "Look", file: file("a"), replyToId: "m" },
  ]);
});

it("gives several an album, and the first of them the caption", () => {
  const [first, second] = albumsOf([file("a"), file("b")], { caption: "Look", replyToId: "m" });
  expect(first).toMatchObject({ content: "Look", replyToId: "m" });
  expect(second).toEqual({ content: "", file: file("b"), groupId: first?.groupId });
  expect(first?.groupId).toMatch(/^[0-9a-f-]{36}$/);
});

it("makes of more than ten several albums, of which one alone is none", () => {
  const groups = albumsOf(
    Array.from({ length: 21 }, (_, index) => file(String(index))),
    {},
  ).map((each) => each.groupId);
  expect(new Set(groups.slice(0, 10)).size).toBe(1);
  expect(new Set(groups.slice(10, 20)).size).toBe(1);
  expect(new Set(groups).size).toBe(3);
  expect(groups[20]).toBeUndefined();
});
