import { expect, it } from "vitest";
import { albumLine, lineOf, lineOfSend } from "./names.ts";

const file = { name: "plan.pdf", duration: 42.4 };

it("says what a message is where it has no words, and its words where it has", () => {
  expect(lineOf({ type: "image", content: "" })).toBe("Photo");
  expect(lineOf({ type: "image", content: "From the *hut*" })).toBe("From the hut");
  expect(lineOf({ type: "audio", content: "", file })).toBe("Voice note, 0:42");
  expect(lineOf({ type: "audio", content: "" })).toBe("Voice note");
  expect(lineOf({ type: "file", content: "", file })).toBe("plan.pdf");
});

it("says of a quote what is frozen of it", () => {
  expect(lineOf({ type: "audio", content: "", duration: 18 })).toBe("Voice note, 0:18");
  expect(lineOf({ type: "file", content: "", fileName: "plan.pdf" })).toBe("plan.pdf");
  expect(lineOf({ type: "file", content: "" })).toBe("File");
});

it("says of what waits to be sent what it will be", () => {
  const send = (mimeType: string, content = "") => ({ content, file: { name: "a.x", size: 1, mimeType, duration: 3 } });
  expect(lineOfSend({ content: "Hello" })).toBe("Hello");
  expect(lineOfSend(send("video/mp4"))).toBe("Video");
  expect(lineOfSend(send("audio/webm;codecs=opus"))).toBe("Voice note, 0:03");
  expect(lineOfSend(send("application/pdf"))).toBe("a.x");
  expect(lineOfSend(send("image/png", "Look"))).toBe("Look");
});

it("counts the pictures of an album, and has its caption", () => {
  const of = (...contents: string[]) => ({ messages: contents.map((content) => ({ content }) as never), waiting: [] });
  expect(albumLine(of("", ""))).toBe("2 photos");
  expect(albumLine(of("", "From the hut", "x"))).toBe("3 photos, From the hut");
});
