import { expect, it } from "vitest";
import { snippetParts } from "./snippet.ts";

it("tells hits from the rest", () => {
  expect(snippetParts("… the <mark>hut</mark> warden")).toEqual([
    { text: "… the ", hit: false },
    { text: "hut", hit: true },
    { text: " warden", hit: false },
  ]);
});

it("has what was escaped as it was written, and once", () => {
  expect(snippetParts("&lt;mark&gt;a &amp; b&lt;/mark&gt; &amp;lt;")).toEqual([
    { text: "<mark>a & b</mark> &lt;", hit: false },
  ]);
});

it("takes other tags for text", () => {
  expect(snippetParts("<img src=x> &nope;")).toEqual([{ text: "<img src=x> &nope;", hit: false }]);
});
