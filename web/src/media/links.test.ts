import { expect, it } from "vitest";
import { expiryOf, opens } from "./links.ts";

const link = (signature: string) => `/api/files/1/a%3Fsignature=9.x.jpg?signature=${signature}&form=md`;

it("tells until when a link opens, by the first part of its signature", () => {
  expect(expiryOf(link("1795773600.someone.Zm9v"))).toBe(1_795_773_600_000);
  for (const other of ["", "x.1795773600", "1795773600", "-5.x", "1e9.x", "99999999999999.x"]) {
    expect(expiryOf(link(other)), other).toBeUndefined();
  }
  expect(expiryOf("/api/images/1")).toBeUndefined();
});

it("takes a link that ends at this moment for one that does not open", () => {
  const at = 1_795_773_600_000;
  const url = link("1795773600.x");
  expect(opens(url, at - 60_000)).toBe(true);
  expect(opens(url, at - 1_000)).toBe(false);
  expect(opens(url, at)).toBe(false);
  expect(opens("/api/images/1", at)).toBe(true);
});
