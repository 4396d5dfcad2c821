import { expect, it } from "vitest";
import { fileSize } from "./size.ts";

it("is as people read it, in steps of 1,024", () => {
  const sizes = [0, 1, 11, 840 * 1024, 2.1 * 1024 ** 2, 50 * 1024 ** 2, 1024 ** 3 - 1, 5 * 1024 ** 3];
  expect(sizes.map(fileSize)).toEqual(["0 bytes", "1 byte", "11 bytes", "840 kB", "2.1 MB", "50 MB", "1 GB", "5 GB"]);
});
