import { expect, it } from "vitest";
import type { Message } from "../api/types.ts";
import { heard } from "./audio.ts";
import { fold } from "./fold.ts";

const FILE = { id: "f", name: "v.webm", size: 1, mimeType: "audio/webm", url: "/api/files/f/v.webm" };
const note = (more: Partial<Message> = {}): Message => ({
  id: "m",
  conversationId: "c",
  seq: 1,
  sender: { id: "ada", username: "@ada", displayName: "Ada" },
  type: "audio",
  content: "",
  createdAt: "2026-11-24T10:00:00.000Z",
  status: "sent",
  file: { ...FILE, waveform: [0.1], waveformState: "pending" },
  ...more,
});
const told = { conversationId: "c", messageId: "m", fileId: "f", waveform: [0.5, 1], duration: 12.5 };

it("has the bars and the length of the server in place of the recorder's, and keeps its links", () => {
  const message = note();
  heard(message, told);
  expect(message.file).toEqual({ ...FILE, waveform: [0.5, 1], waveformState: "ready", duration: 12.5 });
});

it("keeps the recorder's bars where the server could make none, and is not told of another file", () => {
  const message = note();
  heard(message, { ...told, waveform: [], duration: undefined, failed: true });
  expect(message.file).toMatchObject({ waveform: [0.1], waveformState: "failed" });
  const other = note();
  heard(other, { ...told, fileId: "another" });
  expect(other).toEqual(note());
});

it("is heard when its reader has heard it, and to its sender when anybody has", () => {
  const entry = (userId: string) => ({
    seq: 2,
    event: "message.listened" as const,
    data: { conversationId: "c", seq: 2, messageId: "m", userId },
  });
  const after = (userId: string, me: string) => fold(note(), entry(userId) as never, me).status;
  expect([after("ben", "ben"), after("ben", "ada"), after("ben", "cat")]).toEqual(["listened", "listened", "sent"]);
});

it("leaves no file behind when it is unsent", () => {
  const entry = { seq: 2, event: "message.unsent" as const, data: { conversationId: "c", seq: 2, messageId: "m" } };
  expect(fold(note(), entry as never, "ben")).not.toHaveProperty("file");
});
