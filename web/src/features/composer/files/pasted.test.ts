import { expect, it } from "vitest";
import { pastedFiles } from "./pasted.ts";

const file = new File(["x"], "image.png");

it("takes files that are pasted, and their names for none", () => {
  expect(pastedFiles({ files: [file], types: ["Files"] })).toEqual([file]);
  expect(pastedFiles({ files: [file], types: ["text/plain", "Files"] })).toEqual([file]);
  expect(pastedFiles({ files: [file], types: ["text/html", "Files"] })).toEqual([file]);
});

it("takes the text of a table, and not its picture", () => {
  expect(pastedFiles({ files: [file], types: ["text/plain", "text/html", "Files"] })).toEqual([]);
});
